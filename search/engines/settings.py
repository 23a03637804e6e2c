"""Where the OpenSearch cluster is, who we are there and how it is used: the variables KB_OPENSEARCH_URL and so on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, ValidationError

from search.engines.protocol import EngineError


class ClusterSettings(BaseModel):
    """One field a variable; docs/operations.md has them all.

    `grace`: seconds for which a generation is kept once another one is served. `wait`: milliseconds that one attempt at
    a question may take, to connect and to answer each. `twin`: whether each generation has an embedded twin. `follow`:
    whether this machine takes what another one has published, and has no content of its own. `key`: with it what is
    published is sealed, and who follows takes nothing else.
    """

    model_config = ConfigDict(frozen=True)

    url: tuple[Annotated[str, Field(pattern=r"^https?://[^\s/@]+/?$")], ...] = Field(min_length=1)
    user: str = ""
    password: SecretStr = SecretStr("")
    ca: FilePath | None = None
    prefix: str = Field("wence", pattern=r"^[a-z][a-z0-9-]{0,40}$")
    shards: int = Field(1, ge=1, le=1000)
    replicas: int = Field(1, ge=0, le=20)
    grace: int = Field(600, ge=0)
    wait: int = Field(300, ge=10)
    twin: bool = True
    follow: bool = False
    key: SecretStr = SecretStr("")

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> ClusterSettings:
        """Raises EngineError, in Chinese, naming the variable that cannot be used."""
        said = {name: environment.get(f"KB_OPENSEARCH_{name.upper()}", "").strip() for name in cls.model_fields}
        urls = tuple(said.pop("url").replace(",", " ").split())
        try:
            return cls.model_validate({name: text for name, text in said.items() if text} | {"url": urls})
        except ValidationError as error:
            name = f"KB_OPENSEARCH_{str(error.errors()[0]['loc'][0]).upper()}"
        raise EngineError(  # without its cause, which quotes what was set
            f"{name} 没有写或不能用——地址写成 https://主机:端口，几个用英文逗号隔开，用户名和密码另外写；"
            "其余见 docs/operations.md"
        )
