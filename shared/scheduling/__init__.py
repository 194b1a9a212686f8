"""The scheduling domain: pure rules, with no access to AWS, the clock or the environment."""
