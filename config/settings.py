"""Settings: one file, safe by default, everything from the environment. `.env.example` names each variable."""

from __future__ import annotations

import base64
import hashlib
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONCE, NONE, SELF

from config.services import located

BASE_DIR = Path(__file__).resolve().parent.parent


class Env(environ.FileAwareEnv):  # type: ignore[misc]
    """NAME, or what the file called NAME_FILE holds (it counts for more), without the newline files end with."""

    def str(self, var: Any, default: Any = environ.Env.NOTSET, multiline: bool = False) -> Any:
        value = super().str(var, default, multiline)
        return value.strip() if isinstance(value, str) else value


env = Env()
environ.Env.read_env(BASE_DIR / ".env")
services = located(BASE_DIR)  # what the environment names, else a running demo's servers

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=services.get("SECRET_KEY", ""))


def _derived(purpose: str) -> str:
    return hashlib.sha256(f"{purpose}:{SECRET_KEY}".encode()).hexdigest()


# Seals carriers' credentials: newest first, older ones still open what they sealed.
VAULT_KEYS: list[str] = env.list(
    "VAULT_KEYS", default=services.get("VAULT_KEYS", "").split(",") if services.get("VAULT_KEYS") else []
)
# Shoppers' addresses follow from it: never change it.
PAGE_KEY = env.str("PAGE_KEY", default="") or _derived("pages")

# --- Where things are ---
SITE_URL = env.str("SITE_URL", default=services.get("SITE_URL", "http://127.0.0.1:8000")).rstrip("/")
SITE_HOSTS = [urlsplit(SITE_URL).hostname or "", *env.list("SITE_HOSTS", default=[])]
SECURE = SITE_URL.startswith("https://")
# Where shops' own names must lead: a name, or an address.
DOMAINS_TARGET = env.str("DOMAINS_TARGET", default="") or SITE_HOSTS[0]
DNS_SERVERS: list[str] = env.list(
    "DNS_SERVERS", default=[]
)  # asked about those names; none: the machine's own
ASK_FROM: list[str] = env.list(
    "ASK_FROM", default=[]
)  # networks, besides this machine, a proxy may ask /caddy/ask from
# Hosts are judged by tenants.middleware against a table; Django's list would not know a shop's own.
ALLOWED_HOSTS = ["*"]
USE_X_FORWARDED_HOST = False
if env.bool("BEHIND_TLS_PROXY", default=SECURE):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# What a proxy writes the visitor's country in, as CF-IPCountry. Named only where every visitor comes through that proxy.
COUNTRY_HEADER = env.str("COUNTRY_HEADER", default="")
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # how many proxies append to X-Forwarded-For


def _database(name: str) -> dict[str, Any]:
    url = env.str(name, default=services.get(name, "postgresql://rastro_app@127.0.0.1:5432/rastro"))
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["ENGINE"] = "django.db.backends.postgresql"
    # Behind PgBouncer in transaction mode neither survives.
    config["DISABLE_SERVER_SIDE_CURSORS"] = True
    config["CONN_MAX_AGE"] = 60
    config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {
    "default": _database("DATABASE_URL"),
    "dispatch": _database("DATABASE_DISPATCH_URL"),  # claims due work of every shop, sees nothing else
    "owner": _database("DATABASE_OWNER_URL"),  # migrations
}
DATABASE_ROUTERS = ["config.routers.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default=services.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rastro",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

# --- What runs ---
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_standardized_errors",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "anymail",
    "django_structlog",
    "config",
    "console",
    "notifications",
    "tracking",
    "carriers",
    "tenants",
]
MIDDLEWARE = [
    "config.health.HealthMiddleware",
    "config.ask.AskMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.ShopMiddleware",
    "config.logs.LogMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.SiteSessionMiddleware",
    "config.middleware.SiteLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.SiteAuthenticationMiddleware",
    "config.middleware.SiteMessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
SHOP_URLCONF = "config.shop_urls"  # where a shop answers: on its own host, and below /s/<slug>/
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- People ---
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/console/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "console.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up by themselves: an invitation came to that address
SESSION_COOKIE_AGE = 7 * 24 * 3600  # seconds
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"

# --- Browser's side of safety ---
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Where pages listen to a courier on his way (config.asgi): an address, or / for the same host behind the proxy.
# Empty: nowhere, and pages ask every 15 seconds.
STREAM_URL = env.str("STREAM_URL", default=services.get("STREAM_URL", ""))
_stream_origin = "://".join(urlsplit(STREAM_URL)[:2]) if "://" in STREAM_URL else ""
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "https:"],
        "font-src": [SELF],
        "connect-src": [SELF, *([_stream_origin] if _stream_origin else [])],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # bytes; files are streamed beside it

# --- Language and time ---
LANGUAGE_CODE = "en"  # of the msgids
LANGUAGES = [
    ("es", "Español"),
    ("en", "English"),
    ("pt-br", "Português (Brasil)"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("de", "Deutsch"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

# --- Files ---
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data")))
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # nothing is kept on disk
    "staticfiles": {
        "BACKEND": env.str(
            "STATICFILES_STORAGE", default="django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_MANIFEST_STRICT = False

# --- Messages ---
EMAIL_CONFIG = environ.Env.email_url_config(
    env.str("EMAIL_URL", default=services.get("EMAIL_URL", "smtp://127.0.0.1:1025"))
)
globals().update(EMAIL_CONFIG)
if backend := env.str(
    "EMAIL_BACKEND", default=""
):  # an Anymail backend: anymail.backends.postmark.EmailBackend
    EMAIL_BACKEND = backend
# Parcels that move together make one message.
NOTIFY_SETTLE_S = env.float("NOTIFY_SETTLE_S", default=float(services.get("NOTIFY_SETTLE_S", "20")))
ANYMAIL: dict[str, Any] = env.json("ANYMAIL", default={})
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Rastro <avisos@localhost>")
# What shops put into their domain's SPF so that this installation may send for them: include:_spf.example.com
EMAIL_SPF = env.str("EMAIL_SPF", default="")
# Where answers to a thread's messages go: reply+<key>@…; empty: to the shop's own address.
INBOUND_EMAIL_DOMAIN = env.str("INBOUND_EMAIL_DOMAIN", default="").lower()
# Push services know us by this key: 32 bytes in base64url. With another one, browsers that subscribed hear no more.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="") or base64.urlsafe_b64encode(
    bytes.fromhex(_derived("push"))
).decode().rstrip("=")
# Whom a push service writes to when something is wrong with ours.
VAPID_SUBJECT = env.str("VAPID_SUBJECT", default="") or f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}"
PUSH_TO_LOOPBACK = env.bool("PUSH_TO_LOOPBACK", default=False)  # for tests: a push service on this machine
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default=services.get("TWILIO_ACCOUNT_SID", ""))
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default=services.get("TWILIO_AUTH_TOKEN", ""))
TWILIO_SENDER = env.str("TWILIO_SENDER", default=services.get("TWILIO_SENDER", ""))

# --- Carriers ---
# Carriers whose endpoint was promised to nobody: asked only where the operator names them here, by code.
UNOFFICIAL_CARRIERS = frozenset(env.list("UNOFFICIAL_CARRIERS", default=[]))
KARRIO_URL = env.str("KARRIO_URL", default="").rstrip("/")  # the operator's own Karrio, where there is one
# Where set, every call to a carrier (and to Twilio) goes to the simulator: the demo, tests, load.
CARRIER_SIMULATOR_URL = env.str(
    "CARRIER_SIMULATOR_URL", default=services.get("CARRIER_SIMULATOR_URL", "")
).rstrip("/")
DEMO_MAILBOX_URL = env.str(
    "DEMO_MAILBOX_URL", default=""
)  # where the demo's stand-in for a shop's own site is
POLL_PACE_SCALE = env.float("POLL_PACE_SCALE", default=float(services.get("POLL_PACE_SCALE", "1")))

# --- Tasks: PostgreSQL knows what is due; a task only says "look now" ---
CELERY_BROKER_URL = (
    ("redis+socket" + REDIS_URL[4:].replace("?db=", "?virtual_host="))
    if REDIS_URL.startswith("unix:")
    else REDIS_URL
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "global_keyprefix": env.str("CELERY_PREFIX", default=""),
}
CELERY_TASK_PUBLISH_RETRY = False  # a wake-up that fails is no loss: the sweep finds the work
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- API ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tenants.keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.keys.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "tracking.api.schema.ShopSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
DRF_STANDARDIZED_ERRORS = {"EXCEPTION_FORMATTER_CLASS": "tracking.api.problems.ProblemFormatter"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Rastro API",
    "DESCRIPTION": "Orders in, events in, everything out. One key belongs to one shop.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- Logs: one JSON line each, with ids, never with personal data ---
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # empty: no /metrics
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _shared,
        }
    },
    "filters": {"without_keys": {"()": "config.logs.WithoutKeys"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["without_keys"]}},
    "root": {"handlers": ["out"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django_structlog": {"level": "WARNING"},
        # Two lines for every look at an empty queue, every two seconds.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # A line for each step of a page.
        "weasyprint": {"level": "ERROR"},
        "fontTools": {"level": "ERROR"},
    },
}
structlog.configure(
    processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
