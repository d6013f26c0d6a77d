//! Names that well-known distributions took out of their modules, and the version that did it: what breaks when an
//! unpinned dependency moves on.
//!
//! Knows names only: what is installed is the caller's to see. Source: the changelogs, compared with the releases before
//! and after.

use crate::version::Version;

/// Names that one release of a distribution removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovedNames {
    /// The distribution, normalised.
    pub distribution: &'static str,
    /// The module.
    pub module: &'static str,
    /// The names; `*` for every one that is not there.
    names: &'static [&'static str],
    /// The first version without them.
    pub version: &'static str,
    /// What takes their place: a name or a sentence.
    pub instead: &'static str,
}

const fn gone(
    distribution: &'static str,
    module: &'static str,
    names: &'static [&'static str],
    version: &'static str,
    instead: &'static str,
) -> RemovedNames {
    RemovedNames {
        distribution,
        module,
        names,
        version,
        instead,
    }
}

const REMOVED: &[RemovedNames] = &[
    gone("werkzeug", "werkzeug.urls", &["*"], "3.0", "urllib.parse"),
    gone(
        "werkzeug",
        "werkzeug.wrappers",
        &["BaseRequest", "BaseResponse"],
        "2.1",
        "Request and Response",
    ),
    gone(
        "werkzeug",
        "werkzeug.security",
        &["pbkdf2_bin", "pbkdf2_hex", "safe_str_cmp"],
        "2.1",
        "hashlib and hmac",
    ),
    gone(
        "werkzeug",
        "werkzeug",
        &[
            "cached_property",
            "secure_filename",
            "generate_password_hash",
            "check_password_hash",
            "FileStorage",
            "Headers",
            "MultiDict",
            "ImmutableMultiDict",
            "BaseResponse",
            "BaseRequest",
            "LocalProxy",
            "url_encode",
            "url_quote",
            "redirect",
        ],
        "1.0",
        "the submodule that has it",
    ),
    gone(
        "markupsafe",
        "markupsafe",
        &["soft_unicode"],
        "2.1",
        "soft_str",
    ),
    gone(
        "jinja2",
        "jinja2",
        &["Markup", "escape"],
        "3.1",
        "markupsafe",
    ),
    gone(
        "jinja2",
        "jinja2",
        &["contextfilter", "contextfunction"],
        "3.1",
        "pass_context",
    ),
    gone(
        "jinja2",
        "jinja2",
        &["environmentfilter", "environmentfunction"],
        "3.1",
        "pass_environment",
    ),
    gone(
        "jinja2",
        "jinja2",
        &["evalcontextfilter", "evalcontextfunction"],
        "3.1",
        "pass_eval_context",
    ),
    gone(
        "jinja2",
        "jinja2.filters",
        &["contextfilter", "environmentfilter", "evalcontextfilter"],
        "3.1",
        "pass_context and its like",
    ),
    gone(
        "jinja2",
        "jinja2.utils",
        &[
            "contextfunction",
            "environmentfunction",
            "evalcontextfunction",
        ],
        "3.1",
        "pass_context and its like",
    ),
    gone(
        "jinja2",
        "jinja2.utils",
        &["Markup", "escape", "soft_unicode"],
        "3.1",
        "markupsafe",
    ),
    gone(
        "itsdangerous",
        "itsdangerous",
        &["json"],
        "2.1",
        "the standard library's json",
    ),
    gone(
        "itsdangerous",
        "itsdangerous",
        &[
            "JSONWebSignatureSerializer",
            "TimedJSONWebSignatureSerializer",
        ],
        "2.1",
        "a library for JWT",
    ),
    gone("flask", "flask", &["Markup", "escape"], "3.0", "markupsafe"),
    gone(
        "flask",
        "flask",
        &["_app_ctx_stack", "_request_ctx_stack"],
        "3.0",
        "flask.globals",
    ),
    gone(
        "flask",
        "flask.globals",
        &["_app_ctx_stack", "_request_ctx_stack"],
        "3.0",
        "app_ctx and request_ctx",
    ),
    gone(
        "flask",
        "flask.json",
        &["JSONEncoder", "JSONDecoder"],
        "2.3",
        "flask.json.provider",
    ),
    gone(
        "flask",
        "flask.helpers",
        &["safe_join"],
        "2.1",
        "werkzeug.utils.safe_join",
    ),
    gone(
        "flask",
        "flask",
        &["safe_join"],
        "2.1",
        "werkzeug.utils.safe_join",
    ),
    gone(
        "django",
        "django.utils.translation",
        &[
            "ugettext",
            "ugettext_lazy",
            "ugettext_noop",
            "ungettext",
            "ungettext_lazy",
        ],
        "4.0",
        "gettext and its like",
    ),
    gone(
        "django",
        "django.utils.encoding",
        &["force_text", "smart_text"],
        "4.0",
        "force_str and smart_str",
    ),
    gone(
        "django",
        "django.utils.encoding",
        &["python_2_unicode_compatible"],
        "3.0",
        "nothing",
    ),
    gone(
        "django",
        "django.conf.urls",
        &["url"],
        "4.0",
        "django.urls.re_path",
    ),
    gone(
        "django",
        "django.utils.http",
        &["is_safe_url"],
        "4.0",
        "url_has_allowed_host_and_scheme",
    ),
    gone(
        "django",
        "django.utils.http",
        &["urlquote", "urlquote_plus", "urlunquote", "urlunquote_plus"],
        "4.0",
        "urllib.parse",
    ),
    gone(
        "django",
        "django.shortcuts",
        &["render_to_response"],
        "3.0",
        "render",
    ),
    gone(
        "django",
        "django.utils.timezone",
        &["utc"],
        "5.0",
        "datetime.timezone.utc",
    ),
    gone(
        "pydantic",
        "pydantic",
        &["BaseSettings"],
        "2",
        "pydantic_settings.BaseSettings",
    ),
    gone(
        "pydantic",
        "pydantic",
        &[
            "ConstrainedStr",
            "ConstrainedInt",
            "ConstrainedFloat",
            "ConstrainedList",
            "Required",
        ],
        "2",
        "Annotated types",
    ),
    gone(
        "numpy",
        "numpy",
        &["float", "int", "object", "complex", "str"],
        "1.24",
        "the built-in type",
    ),
    gone(
        "numpy",
        "numpy",
        &[
            "float_",
            "complex_",
            "unicode_",
            "string_",
            "longfloat",
            "singlecomplex",
            "cfloat",
            "clongfloat",
        ],
        "2.0",
        "the type with its size: float64",
    ),
    gone(
        "numpy",
        "numpy",
        &[
            "Inf", "Infinity", "NaN", "NINF", "PINF", "NZERO", "PZERO", "infty",
        ],
        "2.0",
        "inf and nan",
    ),
    gone(
        "numpy",
        "numpy",
        &[
            "alltrue",
            "sometrue",
            "product",
            "cumproduct",
            "asfarray",
            "find_common_type",
            "msort",
            "cast",
            "source",
            "round_",
        ],
        "2.0",
        "all, any, prod and their like",
    ),
    gone(
        "scipy",
        "scipy.integrate",
        &["simps", "trapz", "cumtrapz"],
        "1.14",
        "simpson, trapezoid, cumulative_trapezoid",
    ),
    gone(
        "scipy",
        "scipy.signal",
        &[
            "hann", "hamming", "blackman", "gaussian", "kaiser", "triang",
        ],
        "1.13",
        "scipy.signal.windows",
    ),
    gone("scipy", "scipy.linalg", &["triu", "tril"], "1.13", "numpy"),
    gone(
        "scikit-learn",
        "sklearn.datasets",
        &["load_boston"],
        "1.2",
        "another data set",
    ),
    gone(
        "scikit-learn",
        "sklearn.metrics",
        &[
            "plot_confusion_matrix",
            "plot_roc_curve",
            "plot_precision_recall_curve",
        ],
        "1.2",
        "ConfusionMatrixDisplay and its like",
    ),
    gone(
        "pandas",
        "pandas",
        &["Int64Index", "UInt64Index", "Float64Index"],
        "2.0",
        "pandas.Index",
    ),
    gone(
        "pillow",
        "PIL.Image",
        &["ANTIALIAS", "LINEAR", "CUBIC"],
        "10.0",
        "Image.Resampling",
    ),
    gone(
        "matplotlib",
        "matplotlib.cm",
        &["get_cmap"],
        "3.9",
        "matplotlib.colormaps",
    ),
    gone(
        "urllib3",
        "urllib3.util.ssl_",
        &["DEFAULT_CIPHERS"],
        "2.0",
        "nothing: the defaults of OpenSSL",
    ),
    gone(
        "packaging",
        "packaging.version",
        &["LegacyVersion"],
        "22",
        "packaging.version.Version",
    ),
    gone(
        "packaging",
        "packaging.specifiers",
        &["LegacySpecifier"],
        "22",
        "packaging.specifiers.Specifier",
    ),
    gone(
        "click",
        "click",
        &["get_terminal_size"],
        "8.1",
        "shutil.get_terminal_size",
    ),
    gone("click", "click", &["get_os_args"], "8.1", "sys.argv"),
];

/// The release that removed a name from a module of a distribution (its name normalised), whatever is installed.
pub fn removed_name(distribution: &str, module: &str, name: &str) -> Option<&'static RemovedNames> {
    REMOVED.iter().find(|removed| {
        removed.distribution == distribution
            && removed.module == module
            && (removed.names.contains(&name) || removed.names == ["*"])
    })
}

/// The release of some distribution that removed a name from a module.
pub fn removed_name_somewhere(module: &str, name: &str) -> Option<&'static RemovedNames> {
    REMOVED
        .iter()
        .find(|removed| removed.module == module && removed.names.contains(&name))
}

/// Whether this version of a distribution is known to lack a name of a module, even where the text of the module does not
/// tell: it answers with a `__getattr__`. False for what a text tells by itself.
pub fn is_removed(distribution: &str, version: &str, module: &str, name: &str) -> bool {
    let Some(removed) = removed_name(distribution, module, name).filter(|it| it.names != ["*"])
    else {
        return false;
    };
    match (Version::parse(version), Version::parse(removed.version)) {
        (Ok(installed), Ok(first)) => installed >= first,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_versions() {
        for removed in REMOVED {
            assert!(Version::parse(removed.version).is_ok(), "{removed:?}");
            assert!(!removed.names.is_empty(), "{removed:?}");
        }
    }

    #[test]
    fn a_name_is_gone_since_its_release() {
        let found = removed_name("werkzeug", "werkzeug.urls", "url_quote").map(|it| it.version);
        assert_eq!(found, Some("3.0"));
        assert!(is_removed("pydantic", "2.8.2", "pydantic", "BaseSettings"));
        assert!(!is_removed(
            "pydantic",
            "1.10.2",
            "pydantic",
            "BaseSettings"
        ));
        assert!(!is_removed("pydantic", "2.8.2", "pydantic", "BaseModel"));
        assert_eq!(
            removed_name("pydantic", "pydantic.v1", "BaseSettings"),
            None
        );
    }
}
