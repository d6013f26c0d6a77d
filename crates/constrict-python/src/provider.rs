//! The distribution on PyPI that has a module whose name is not the distribution's.
//!
//! Knows names only. A module that is not listed is most often in a distribution of the same name; that is the caller's to
//! say. Of several distributions the one that needs no compiler and no window system.

/// Module and distribution, sorted by module. A dotted module stands for what is below it, too.
const PROVIDERS: &[(&str, &str)] = &[
    ("Crypto", "pycryptodome"),
    ("Cryptodome", "pycryptodomex"),
    ("MySQLdb", "mysqlclient"),
    ("OpenSSL", "pyOpenSSL"),
    ("PIL", "pillow"),
    ("Xlib", "python-xlib"),
    ("_cffi_backend", "cffi"),
    ("_yaml", "PyYAML"),
    ("absl", "absl-py"),
    ("allauth", "django-allauth"),
    ("apt", "python-apt"),
    ("attr", "attrs"),
    ("azure.identity", "azure-identity"),
    ("azure.storage.blob", "azure-storage-blob"),
    ("bs4", "beautifulsoup4"),
    ("cairo", "pycairo"),
    ("channels_redis", "channels-redis"),
    ("corsheaders", "django-cors-headers"),
    ("crispy_forms", "django-crispy-forms"),
    ("cv2", "opencv-python-headless"),
    ("dateutil", "python-dateutil"),
    ("debug_toolbar", "django-debug-toolbar"),
    ("decouple", "python-decouple"),
    ("discord", "discord.py"),
    ("dj_database_url", "dj-database-url"),
    ("django_celery_beat", "django-celery-beat"),
    ("django_celery_results", "django-celery-results"),
    ("django_extensions", "django-extensions"),
    ("django_filters", "django-filter"),
    ("django_redis", "django-redis"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("drf_spectacular", "drf-spectacular"),
    ("drf_yasg", "drf-yasg"),
    ("email_validator", "email-validator"),
    ("environ", "django-environ"),
    ("faiss", "faiss-cpu"),
    ("fitz", "PyMuPDF"),
    ("flask_bcrypt", "Flask-Bcrypt"),
    ("flask_caching", "Flask-Caching"),
    ("flask_cors", "flask-cors"),
    ("flask_jwt_extended", "Flask-JWT-Extended"),
    ("flask_limiter", "Flask-Limiter"),
    ("flask_login", "Flask-Login"),
    ("flask_mail", "Flask-Mail"),
    ("flask_marshmallow", "flask-marshmallow"),
    ("flask_migrate", "Flask-Migrate"),
    ("flask_restful", "Flask-RESTful"),
    ("flask_restx", "flask-restx"),
    ("flask_smorest", "flask-smorest"),
    ("flask_socketio", "Flask-SocketIO"),
    ("flask_sqlalchemy", "Flask-SQLAlchemy"),
    ("flask_wtf", "Flask-WTF"),
    ("gi", "PyGObject"),
    ("git", "GitPython"),
    ("github", "PyGithub"),
    ("gitlab", "python-gitlab"),
    ("google.api_core", "google-api-core"),
    ("google.auth", "google-auth"),
    ("google.cloud.bigquery", "google-cloud-bigquery"),
    ("google.cloud.firestore", "google-cloud-firestore"),
    ("google.cloud.logging", "google-cloud-logging"),
    ("google.cloud.pubsub", "google-cloud-pubsub"),
    ("google.cloud.pubsub_v1", "google-cloud-pubsub"),
    ("google.cloud.secretmanager", "google-cloud-secret-manager"),
    ("google.cloud.storage", "google-cloud-storage"),
    ("google.generativeai", "google-generativeai"),
    ("google.oauth2", "google-auth"),
    ("google.protobuf", "protobuf"),
    ("google_auth_oauthlib", "google-auth-oauthlib"),
    ("googleapiclient", "google-api-python-client"),
    ("grpc", "grpcio"),
    ("grpc_health", "grpcio-health-checking"),
    ("grpc_reflection", "grpcio-reflection"),
    ("grpc_status", "grpcio-status"),
    ("grpc_tools", "grpcio-tools"),
    ("haystack", "haystack-ai"),
    ("ibm_db", "ibm-db"),
    ("jose", "python-jose"),
    ("jwt", "PyJWT"),
    ("kafka", "kafka-python"),
    ("ldap", "python-ldap"),
    ("llama_cpp", "llama-cpp-python"),
    ("magic", "python-magic"),
    ("markdown", "Markdown"),
    ("markdown_it", "markdown-it-py"),
    ("memcache", "python-memcached"),
    ("mpl_toolkits", "matplotlib"),
    ("multipart", "python-multipart"),
    ("mysql.connector", "mysql-connector-python"),
    ("nacl", "PyNaCl"),
    ("odf", "odfpy"),
    ("opentelemetry", "opentelemetry-api"),
    ("opentelemetry.exporter.otlp", "opentelemetry-exporter-otlp"),
    ("opentelemetry.sdk", "opentelemetry-sdk"),
    ("osgeo", "GDAL"),
    ("paho", "paho-mqtt"),
    ("pkg_resources", "setuptools"),
    ("playhouse", "peewee"),
    ("pptx", "python-pptx"),
    ("psycopg", "psycopg[binary]"),
    ("psycopg2", "psycopg2-binary"),
    ("psycopg_pool", "psycopg-pool"),
    ("pydantic_settings", "pydantic-settings"),
    ("pylab", "matplotlib"),
    ("pythonjsonlogger", "python-json-logger"),
    ("pywt", "PyWavelets"),
    ("rest_framework", "djangorestframework"),
    ("rest_framework_simplejwt", "djangorestframework-simplejwt"),
    ("ruamel", "ruamel.yaml"),
    ("sass", "libsass"),
    ("sentence_transformers", "sentence-transformers"),
    ("sentry_sdk", "sentry-sdk"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("slack_sdk", "slack-sdk"),
    ("slugify", "python-slugify"),
    ("snowflake.connector", "snowflake-connector-python"),
    ("socketio", "python-socketio"),
    ("socks", "PySocks"),
    ("sqlalchemy_utils", "SQLAlchemy-Utils"),
    ("storages", "django-storages"),
    ("telegram", "python-telegram-bot"),
    ("tlz", "toolz"),
    ("typing_extensions", "typing-extensions"),
    ("umap", "umap-learn"),
    ("usb", "pyusb"),
    ("websocket", "websocket-client"),
    ("wx", "wxPython"),
    ("xdist", "pytest-xdist"),
    ("yaml", "PyYAML"),
    ("zmq", "pyzmq"),
    ("zope.interface", "zope.interface"),
];

/// The distribution with a module, dotted or not, if its name is not the module's.
pub fn distribution_of(module: &str) -> Option<&'static str> {
    let mut rest = module;
    loop {
        if let Ok(at) = PROVIDERS.binary_search_by(|(known, _)| (*known).cmp(rest)) {
            return Some(PROVIDERS[at].1);
        }
        rest = rest.rsplit_once('.')?.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_sorted_and_listed_once() {
        assert!(PROVIDERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn a_module_is_of_the_nearest_package_that_is_known() {
        assert_eq!(distribution_of("yaml"), Some("PyYAML"));
        assert_eq!(
            distribution_of("google.cloud.storage.blob"),
            Some("google-cloud-storage")
        );
        assert_eq!(distribution_of("PIL.Image"), Some("pillow"));
        assert_eq!(distribution_of("requests"), None);
        assert_eq!(distribution_of("google"), None);
    }
}
