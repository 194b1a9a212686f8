"""A peer: the same routes the usual way, with FastAPI and Mangum, pydantic models and boto3's Table resource.

It makes the same calls to DynamoDB as the functions, on the same tables, so that only the stack differs; boto3's Table
and its client are a part of that.
"""
