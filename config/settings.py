"""Settings, read from the environment; every default suits one machine with nothing else on it."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from config import environment, sidebar

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = environment.data_folder(BASE_DIR / "data")
PORT = int(os.environ.get("PORT", "8000"))

SECRET_KEY = environment.secret_key(DATA_DIR)
DEBUG = environment.is_on("DEBUG")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *environment.listed("ALLOWED_HOSTS")]
CSRF_TRUSTED_ORIGINS = environment.listed("TRUSTED_ORIGINS")

# The two places where a lower floor calls upward.
PROMOTION_GATES = ["scanning.gates.unsafe_stays_out", "approvals.gates.policy_holds"]
EVENT_LISTENERS = [
    "tracking.listeners.furnish_registry",
    "registry.listeners.furnish_registry",
    "scanning.listeners.scan_new_version",
    "approvals.listeners.furnish_registry",
    "approvals.listeners.apply_when_scanned",
    "approvals.listeners.close_with_version",
]

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "guardian",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "events",
    "accounts",
    "blobs",
    "tracking",
    "registry",
    "scanning",
    "approvals",
    "protocols.mlflow_import",
    "protocols.rest",
    "dashboard",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.origin.OriginMiddleware",
    "config.short_way.ShortWay",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.middleware.HouseErrorPages",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": environment.database(os.environ.get("DATABASE_URL", ""), DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.NameOrEmailBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
ANONYMOUS_USER_NAME = None
# Access is decided in accounts.access, which reads guardian's tables without guardian's backend.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]

# Where the bytes are: empty for the data folder, or s3://bucket?endpoint=https://...&region=...
STORAGE_URL = os.environ.get("STORAGE_URL", "")
S3_ACCESS_KEY_ID = os.environ.get("S3_ACCESS_KEY_ID", "")
S3_SECRET_ACCESS_KEY = os.environ.get("S3_SECRET_ACCESS_KEY", "")

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL") or f"durablefs://{DATA_DIR / 'queue'}"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "resend-stale-scans": {"task": "scanning.resend_stale_scans", "schedule": 30.0},
    "apply-approved-reviews": {"task": "approvals.apply_approved_reviews", "schedule": 60.0},
    "sweep-blobs": {"task": "blobs.sweep", "schedule": 3600.0},
}

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = environment.is_on("HTTPS_ONLY")
SECURE_SSL_REDIRECT = environment.is_on("HTTPS_ONLY")
SECURE_HSTS_SECONDS = 31_536_000 if environment.is_on("HTTPS_ONLY") else 0
if environment.is_on("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    # The admin's own pages need inline scripts; config.origin gives them a policy of their own.
    "EXCLUDE_URL_PREFIXES": ["/admin", "/api/v1/docs"],
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# One number bounds every body that Django reads into memory; artifact uploads are streamed and are not bound by it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing one; without collectstatic it asks the finders
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["protocols.rest.auth.Credentials"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "protocols.rest.errors.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Gatehouse",
    "DESCRIPTION": "Register, scan, review and promote models.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
UNFOLD = {
    "SITE_TITLE": "Gatehouse",
    "SITE_HEADER": "Gatehouse",
    "SITE_URL": "/",
    "SITE_SYMBOL": "shield",
    "SHOW_HISTORY": False,  # the audit log tells more
    "SIDEBAR": {"navigation": sidebar.NAVIGATION},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    # A refused request is the client's mistake; clients make some on purpose, to see whether a thing exists.
    "loggers": {"django.request": {"level": "ERROR"}},
}
