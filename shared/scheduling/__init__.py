"""The rules of calendars: pure, with no AWS, no clock and no environment."""
