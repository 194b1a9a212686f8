"""The only package that talks to AWS. It answers in the domain's types and raises `shared.errors`."""
