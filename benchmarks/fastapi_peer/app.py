"""The routes of events and versions, for Lambda."""

from fastapi import FastAPI
from mangum import Mangum

from benchmarks.fastapi_peer import events, history

app = FastAPI()
app.include_router(events.router)
app.include_router(history.router)

handler = Mangum(app, lifespan="off")
