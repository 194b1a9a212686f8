"""How the peers' clients are configured: the timeouts, retries and connections of the layer's, and no validation."""

from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    max_pool_connections=16,
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
    tcp_keepalive=True,
)
