"""What lies in the tables."""

from tests.harness.deployment import Deployment, Item


def item_of(deployment: Deployment, event_id: str) -> Item:
    """An event in the events table."""
    (item,) = [each for each in deployment.events() if each["sk"]["S"] == f"EVENT#{event_id}"]
    return item
