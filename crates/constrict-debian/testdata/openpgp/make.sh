#!/bin/sh
# Makes the keyrings and signed documents beside it, with gpg 2. The private keys are thrown away.
set -eu
cd "$(dirname "$0")"
GNUPGHOME=$(mktemp -d)
export GNUPGHOME
trap 'gpgconf --kill gpg-agent; rm -rf "$GNUPGHOME"' EXIT
made='20240101T000000!'
later='20240201T000000!'
g() { gpg --batch --quiet --no-emit-version --pinentry-mode loopback --passphrase '' "$@"; }
make() { g --faked-system-time "$made" --quick-generate-key "$1 <$1@test.example>" "$2" "$3" "$4"; }
sign() { # key, output, more options
    key=$1; out=$2; shift 2
    printf 'Origin: Test\nSuite: probe \t\n- dashed\nFrom here\n\nlast line\n' |
        g --faked-system-time "$later" --local-user "$key" "$@" --clearsign > "$out"
}
make ed25519 ed25519 sign never
make rsa rsa2048 sign never
make small rsa1024 sign never
make expiring ed25519 sign 60d
make revoked ed25519 sign never

make binder ed25519 cert never
make stranger ed25519 sign never
fpr() { gpg --list-keys --with-colons "$1" | awk -F: '/^fpr/ { print $10; exit }'; }
g --faked-system-time "$made" --quick-add-key "$(fpr binder)" ed25519 sign never
sign ed25519 ed25519.asc
sign rsa rsa-sha256.asc --digest-algo SHA256
sign rsa rsa-sha384.asc --digest-algo SHA384
sign rsa rsa-sha512.asc --digest-algo SHA512
sign rsa rsa-sha1.asc --digest-algo SHA1
sign small small.asc
sign expiring expiring.asc
sign revoked revoked.asc
sign binder subkey.asc
sign stranger stranger.asc
sign ed25519 two.asc --local-user rsa
sign ed25519 short-lived.asc --default-sig-expire 30d
g --armor --export ed25519 rsa small expiring revoked binder > before-revocation.asc
sed 's/^:-----/-----/' "$GNUPGHOME/openpgp-revocs.d/$(fpr revoked).rev" | g --import
g --armor --export ed25519 rsa small expiring revoked binder > keyring.asc
g --export ed25519 rsa small expiring revoked binder > keyring.gpg
