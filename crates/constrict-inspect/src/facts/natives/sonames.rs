//! Which package of Debian or Alpine has a shared library: what people install for it, for those that Python packages
//! ask for. Never a complete index: where a stage of the build has the library, its package database is asked instead.
//!
//! Source: the packages' own lists. A `*` in a name of Debian's stands for `t64` since Debian 13 and Ubuntu 24.04, which
//! renamed the libraries whose ABI has 64 bits of time in it.

use crate::facts::system::System;
use crate::mend::PackageManager;

/// Library, Debian's package, Alpine's package; empty where the distribution has no such soname. Sorted.
#[rustfmt::skip]
const PACKAGES: &[(&str, &str, &str)] = &[
    ("libEGL.so.1", "libegl1", "mesa-egl"),
    ("libGL.so.1", "libgl1", "mesa-gl"),
    ("libGLU.so.1", "libglu1-mesa", "glu"),
    ("libGLX.so.0", "libglx0", ""),
    ("libICE.so.6", "libice6", "libice"),
    ("libMagickWand-6.Q16.so.6", "libmagickwand-6.q16-6", ""),
    ("libOpenGL.so.0", "libopengl0", ""),
    ("libSM.so.6", "libsm6", "libsm"),
    ("libX11-xcb.so.1", "libx11-xcb1", "libx11"),
    ("libX11.so.6", "libx11-6", "libx11"),
    ("libXcomposite.so.1", "libxcomposite1", "libxcomposite"),
    ("libXcursor.so.1", "libxcursor1", "libxcursor"),
    ("libXdamage.so.1", "libxdamage1", "libxdamage"),
    ("libXext.so.6", "libxext6", "libxext"),
    ("libXfixes.so.3", "libxfixes3", "libxfixes"),
    ("libXft.so.2", "libxft2", "libxft"),
    ("libXi.so.6", "libxi6", "libxi"),
    ("libXinerama.so.1", "libxinerama1", "libxinerama"),
    ("libXrandr.so.2", "libxrandr2", "libxrandr"),
    ("libXrender.so.1", "libxrender1", "libxrender"),
    ("libXss.so.1", "libxss1", "libxscrnsaver"),
    ("libXtst.so.6", "libxtst6", "libxtst"),
    ("libaio.so.1", "libaio1", "libaio"),
    ("libaio.so.1t64", "libaio1t64", ""),
    ("libarchive.so.13", "libarchive13*", "libarchive"),
    ("libasound.so.2", "libasound2*", "alsa-lib"),
    ("libatk-1.0.so.0", "libatk1.0-0*", "at-spi2-core"),
    ("libatk-bridge-2.0.so.0", "libatk-bridge2.0-0*", "at-spi2-core"),
    ("libatomic.so.1", "libatomic1", "libatomic"),
    ("libatspi.so.0", "libatspi2.0-0*", "at-spi2-core"),
    ("libblas.so.3", "libblas3", "blas"),
    ("libbz2.so.1", "", "libbz2"),
    ("libbz2.so.1.0", "libbz2-1.0", ""),
    ("libcairo-gobject.so.2", "libcairo-gobject2", "cairo-gobject"),
    ("libcairo.so.2", "libcairo2", "cairo"),
    ("libcap.so.2", "libcap2", "libcap2"),
    ("libcgraph.so.6", "libcgraph6", "graphviz"),
    ("libcrypt.so.1", "libcrypt1", "libxcrypt"),
    ("libcrypto.so.1.1", "libssl1.1", "libcrypto1.1"),
    ("libcrypto.so.3", "libssl3*", "libcrypto3"),
    ("libct.so.4", "libct4", "freetds"),
    ("libcups.so.2", "libcups2*", "cups-libs"),
    ("libcurl-gnutls.so.4", "libcurl3*-gnutls", ""),
    ("libcurl.so.4", "libcurl4*", "libcurl"),
    ("libdb-5.3.so", "libdb5.3*", "db"),
    ("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    ("libdmtx.so.0", "libdmtx0b", "libdmtx-libs"),
    ("libdrm.so.2", "libdrm2", "libdrm"),
    ("libev.so.4", "libev4*", "libev"),
    ("libevent-2.1.so.7", "libevent-2.1-7*", "libevent"),
    ("libexpat.so.1", "libexpat1", "libexpat"),
    ("libexslt.so.0", "libxslt1.1", "libxslt"),
    ("libffi.so.6", "libffi6", ""),
    ("libffi.so.7", "libffi7", "libffi"),
    ("libffi.so.8", "libffi8", "libffi"),
    ("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    ("libfreetype.so.6", "libfreetype6", "freetype"),
    ("libfuse.so.2", "libfuse2*", "fuse"),
    ("libfuse3.so.3", "libfuse3-3", "fuse3"),
    ("libgbm.so.1", "libgbm1", "mesa-gbm"),
    ("libgcc_s.so.1", "libgcc-s1", "libgcc"),
    ("libgdbm.so.6", "libgdbm6*", "gdbm"),
    ("libgdbm_compat.so.4", "libgdbm-compat4*", "gdbm"),
    ("libgdk-3.so.0", "libgtk-3-0*", "gtk+3.0"),
    ("libgdk_pixbuf-2.0.so.0", "libgdk-pixbuf-2.0-0", "gdk-pixbuf"),
    ("libgeos_c.so.1", "libgeos-c1v5", "geos"),
    ("libgfortran.so.5", "libgfortran5", "libgfortran"),
    ("libgio-2.0.so.0", "libglib2.0-0*", "glib"),
    ("libglib-2.0.so.0", "libglib2.0-0*", "glib"),
    ("libgmodule-2.0.so.0", "libglib2.0-0*", "glib"),
    ("libgmp.so.10", "libgmp10", "gmp"),
    ("libgnutls.so.30", "libgnutls30*", "gnutls"),
    ("libgobject-2.0.so.0", "libglib2.0-0*", "glib"),
    ("libgomp.so.1", "libgomp1", "libgomp"),
    ("libgpgme.so.11", "libgpgme11*", "gpgme"),
    ("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs"),
    ("libgthread-2.0.so.0", "libglib2.0-0*", "glib"),
    ("libgtk-3.so.0", "libgtk-3-0*", "gtk+3.0"),
    ("libgvc.so.6", "libgvc6", "graphviz"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset0", "harfbuzz-subset"),
    ("libharfbuzz.so.0", "libharfbuzz0b", "harfbuzz"),
    ("libhdf5_serial.so.103", "libhdf5-103-1", ""),
    ("libintl.so.8", "", "libintl"),
    ("libjemalloc.so.2", "libjemalloc2", "jemalloc"),
    ("libjpeg.so.62", "libjpeg62-turbo", ""),
    ("libjpeg.so.8", "libjpeg-turbo8", "libjpeg-turbo"),
    ("libkrb5.so.3", "libkrb5-3", "krb5-libs"),
    ("liblapack.so.3", "liblapack3", "lapack"),
    ("liblber-2.4.so.2", "libldap-2.4-2", "libldap"),
    ("liblber-2.5.so.0", "libldap-2.5-0", ""),
    ("liblber.so.2", "libldap2", "libldap"),
    ("liblcms2.so.2", "liblcms2-2", "lcms2"),
    ("libldap-2.4.so.2", "libldap-2.4-2", "libldap"),
    ("libldap-2.5.so.0", "libldap-2.5-0", ""),
    ("libldap.so.2", "libldap2", "libldap"),
    ("libldap_r-2.4.so.2", "libldap-2.4-2", "libldap"),
    ("libleveldb.so.1d", "libleveldb1d", "leveldb"),
    ("libltdl.so.7", "libltdl7", "libltdl"),
    ("liblz4.so.1", "liblz4-1", "lz4-libs"),
    ("liblzma.so.5", "liblzma5", "xz-libs"),
    ("libmagic.so.1", "libmagic1*", "libmagic"),
    ("libmariadb.so.3", "libmariadb3", "mariadb-connector-c"),
    ("libmemcached.so.11", "libmemcached11*", "libmemcached-libs"),
    ("libmpc.so.3", "libmpc3", "mpc1"),
    ("libmpfr.so.6", "libmpfr6", "mpfr"),
    ("libmpi.so.40", "libopenmpi3", "openmpi"),
    ("libmysqlclient.so.21", "libmysqlclient21", ""),
    ("libmysqlclient.so.24", "libmysqlclient24", ""),
    ("libncursesw.so.6", "libncursesw6", "libncursesw"),
    ("libnetcdf.so.19", "libnetcdf19", ""),
    ("libnghttp2.so.14", "libnghttp2-14", "nghttp2-libs"),
    ("libnsl.so.1", "libnsl1", ""),
    ("libnsl.so.2", "libnsl2", "libnsl"),
    ("libnspr4.so", "libnspr4", "nspr"),
    ("libnss3.so", "libnss3", "nss"),
    ("libnuma.so.1", "libnuma1", "numactl"),
    ("libodbc.so.2", "libodbc2", "unixodbc"),
    ("libodbcinst.so.2", "libodbcinst2", "unixodbc"),
    ("libopenblas.so.0", "libopenblas0", "openblas"),
    ("libopenjp2.so.7", "libopenjp2-7", "openjpeg"),
    ("libpanelw.so.6", "libncursesw6", "libpanelw"),
    ("libpango-1.0.so.0", "libpango-1.0-0", "pango"),
    ("libpangocairo-1.0.so.0", "libpangocairo-1.0-0", "pango"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0-0", "pango"),
    ("libpcap.so.0.8", "libpcap0.8*", ""),
    ("libpcap.so.1", "", "libpcap"),
    ("libpcre.so.1", "", "pcre"),
    ("libpcre.so.3", "libpcre3", ""),
    ("libpcre2-8.so.0", "libpcre2-8-0", "pcre2"),
    ("libpng16.so.16", "libpng16-16*", "libpng"),
    ("libpoppler-cpp.so.0", "libpoppler-cpp0v5", "poppler"),
    ("libportaudio.so.2", "libportaudio2", "portaudio"),
    ("libpq.so.5", "libpq5", "libpq"),
    ("libpulse.so.0", "libpulse0", "libpulse"),
    ("libquadmath.so.0", "libquadmath0", "libquadmath"),
    ("librdkafka++.so.1", "librdkafka++1", "librdkafka"),
    ("librdkafka.so.1", "librdkafka1", "librdkafka"),
    ("libreadline.so.8", "libreadline8*", "readline"),
    ("libsasl2.so.2", "libsasl2-2", ""),
    ("libsasl2.so.3", "", "libsasl"),
    ("libseccomp.so.2", "libseccomp2", "libseccomp"),
    ("libsecp256k1.so.0", "libsecp256k1-0", ""),
    ("libsecp256k1.so.1", "libsecp256k1-1", "libsecp256k1"),
    ("libsnappy.so.1", "libsnappy1v5", "snappy"),
    ("libsndfile.so.1", "libsndfile1", "libsndfile"),
    ("libsodium.so.23", "libsodium23", "libsodium"),
    ("libspatialindex.so.6", "libspatialindex6", ""),
    ("libspatialite.so.7", "libspatialite7", ""),
    ("libsqlite3.so.0", "libsqlite3-0", "sqlite-libs"),
    ("libssl.so.1.1", "libssl1.1", "libssl1.1"),
    ("libssl.so.3", "libssl3*", "libssl3"),
    ("libstdc++.so.6", "libstdc++6", "libstdc++"),
    ("libsybdb.so.5", "libsybdb5", "freetds"),
    ("libsystemd.so.0", "libsystemd0", ""),
    ("libtcl8.6.so", "libtcl8.6", ""),
    ("libtcmalloc_minimal.so.4", "libtcmalloc-minimal4*", "gperftools"),
    ("libtesseract.so.5", "libtesseract5", "tesseract-ocr"),
    ("libtiff.so.5", "libtiff5", "tiff"),
    ("libtiff.so.6", "libtiff6", "tiff"),
    ("libtinfo.so.6", "libtinfo6", ""),
    ("libtirpc.so.3", "libtirpc3*", "libtirpc"),
    ("libtk8.6.so", "libtk8.6", ""),
    ("libunwind.so.8", "libunwind8", "libunwind"),
    ("libusb-1.0.so.0", "libusb-1.0-0", "libusb"),
    ("libuuid.so.1", "libuuid1", "libuuid"),
    ("libuv.so.1", "libuv1*", "libuv"),
    ("libvips.so.42", "libvips42*", "vips"),
    ("libvirt.so.0", "libvirt0", "libvirt-libs"),
    ("libwebp.so.6", "libwebp6", "libwebp"),
    ("libwebp.so.7", "libwebp7", "libwebp"),
    ("libxcb.so.1", "libxcb1", "libxcb"),
    ("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    ("libxml2.so.2", "libxml2", "libxml2"),
    ("libxmlsec1-openssl.so.1", "libxmlsec1*-openssl", "xmlsec"),
    ("libxmlsec1.so.1", "libxmlsec1*", "xmlsec"),
    ("libxslt.so.1", "libxslt1.1", "libxslt"),
    ("libyaml-0.so.2", "libyaml-0-2", "yaml"),
    ("libz.so.1", "zlib1g", "zlib"),
    ("libzbar.so.0", "libzbar0*", "zbar"),
    ("libzmq.so.5", "libzmq5", "libzmq"),
    ("libzstd.so.1", "libzstd1", "zstd-libs"),
];

/// Libraries whose number is their package's: `libicuuc.so.72` is in libicu72.
const NUMBERED: &[(&str, &str, &str)] = &[
    ("libavcodec.so.", "libavcodec", "ffmpeg-libavcodec"),
    ("libavformat.so.", "libavformat", "ffmpeg-libavformat"),
    ("libavutil.so.", "libavutil", "ffmpeg-libavutil"),
    ("libgdal.so.", "libgdal", "gdal"),
    ("libicudata.so.", "libicu", "icu-libs"),
    ("libicui18n.so.", "libicu", "icu-libs"),
    ("libicuuc.so.", "libicu", "icu-libs"),
    ("libproj.so.", "libproj", "proj"),
    ("libprotobuf.so.", "libprotobuf", "libprotobuf"),
    ("libswscale.so.", "libswscale", "ffmpeg-libswscale"),
];

/// The package of this distribution that has a library.
pub(crate) fn package(system: &System, soname: &str) -> Option<(String, PackageManager)> {
    let known = PACKAGES
        .binary_search_by(|(name, ..)| name.cmp(&soname))
        .ok()
        .map(|index| PACKAGES[index]);
    let numbered = NUMBERED.iter().find_map(|(prefix, debian, alpine)| {
        let number = soname.strip_prefix(prefix)?;
        let whole = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        whole.then_some((*debian, number, *alpine))
    });
    let (name, manager) = if system.is_debian_like() {
        let name = match (known, numbered) {
            (Some((_, debian, _)), _) => on_debian(system, debian),
            (None, Some((debian, number, _))) => format!("{debian}{number}"),
            (None, None) => String::new(),
        };
        (name, PackageManager::Apt)
    } else if system.id() == "alpine" {
        let alpine = known.map(|it| it.2).or(numbered.map(|it| it.2));
        (alpine.unwrap_or_default().to_string(), PackageManager::Apk)
    } else {
        return None;
    };
    (!name.is_empty()).then_some((name, manager))
}

/// Debian's name in this version.
fn on_debian(system: &System, name: &str) -> String {
    let major = system.version().split('.').next().unwrap_or_default();
    let major: u32 = major.parse().unwrap_or(0);
    let ubuntu = system.id() == "ubuntu";
    let renamed = if ubuntu { major >= 24 } else { major >= 13 };
    match name {
        "libgcc-s1" if !ubuntu && (1..11).contains(&major) => "libgcc1".into(),
        "libodbc2" if !ubuntu && (1..12).contains(&major) => "libodbc1".into(),
        "libgeos-c1v5" if renamed => "libgeos-c1t64".into(),
        name => name.replace('*', if renamed { "t64" } else { "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(id: &str, version: &str, soname: &str) -> Option<String> {
        let mut system = System::default();
        system.release.insert("ID".into(), id.into());
        system.release.insert("VERSION_ID".into(), version.into());
        package(&system, soname).map(|(name, _)| name)
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(PACKAGES.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn packages_by_distribution_and_version() {
        let debian = |version, soname| on("debian", version, soname);
        assert_eq!(
            debian("12", "libmariadb.so.3").as_deref(),
            Some("libmariadb3")
        );
        assert_eq!(debian("12", "libssl.so.3").as_deref(), Some("libssl3"));
        assert_eq!(debian("13", "libssl.so.3").as_deref(), Some("libssl3t64"));
        assert_eq!(
            debian("13", "libcurl-gnutls.so.4").as_deref(),
            Some("libcurl3t64-gnutls")
        );
        assert_eq!(debian("12", "libicuuc.so.72").as_deref(), Some("libicu72"));
        assert_eq!(debian("10", "libgcc_s.so.1").as_deref(), Some("libgcc1"));
        assert_eq!(debian("12", "libnobody.so.1"), None);
        assert_eq!(debian("12", "libicuuc.so.x"), None);
        assert_eq!(
            on("ubuntu", "24.04", "libglib-2.0.so.0").as_deref(),
            Some("libglib2.0-0t64")
        );
        assert_eq!(on("alpine", "3.19", "libpq.so.5").as_deref(), Some("libpq"));
        assert_eq!(on("alpine", "3.19", "libjpeg.so.62"), None);
        assert_eq!(on("fedora", "40", "libpq.so.5"), None);
    }
}
