#!/bin/bash
# count.sh WORK PATH LAYER...: counts what lies in an image without constrict. GNU tar lists the LAYERs, lowest first, and puts them on
# each other in WORK/root; find, readelf, dpkg-query and getcap look at the result. PATH is the image's. As root, for owners and modes.
# Prints `ROW NUMBER`, and `layer BYTES FILES` for each layer; what is behind a number of files stands in WORK/ROW, a path a line.
set -euo pipefail
export LC_ALL=C
work=$1 path=$2
shift 2
root=$work/root
mkdir -p "$root"

stack() { # LAYER
  local gone
  tar --list --file "$1" | { grep -E '(^|/)\.wh\.[^/]*$' || true; } | while IFS= read -r gone; do
    case ${gone##*/} in
      .wh..wh..opq) find "$root/${gone%.wh..wh..opq}" -xdev -mindepth 1 -delete ;;
      *) rm -rf --one-file-system -- "$root/${gone/.wh./}" ;;
    esac
  done
  tar --extract --file "$1" --directory "$root" --same-owner --numeric-owner --preserve-permissions --delay-directory-restore \
    --xattrs --xattrs-include='*' --exclude='.wh.*'
}

sum() { awk '{ sum += $1 } END { printf "%.0f\n", sum }'; }
behind() { sort -u >"$work/$1" && echo "$1 $(wc -l <"$work/$1")"; } # ROW
found() { find "$root" -xdev -mindepth 1 "${@:2}" -printf '/%P\n' | behind "$1"; } # ROW TEST...

for layer; do
  tar --list --verbose --numeric-owner --file "$layer" | { grep -v '/\.wh\.[^/]*$' || true; } |
    awk '/^-/ { bytes += $3; files++ } END { printf "layer %.0f %d\n", bytes, files }'
  stack "$layer"
done

# device and inode, size, path: a file with two names is counted under the first
find "$root" -xdev -type f -printf '/%P\t%D:%i\t%s\n' | sort -t $'\t' -k 1,1 | awk -F '\t' '{ print $1 "\t" $2 "\t" (seen[$2]++ ? 0 : $3) }' >"$work/sizes"
echo "visible $(cut -f 3 "$work/sizes" | sum)"
echo "files $(wc -l <"$work/sizes")"

found set-id -type f -perm /6000
found world-writable \( -type f -o -type d ! -perm -1000 \) -perm -0002
found headers -type f -regex '.*\.\(h\|hh\|hpp\|hxx\|a\)'
getcap -r "$root" | sed "s|^$root||; s| [^ ]*$||" | behind capabilities

# package lists, caches, logs, repositories, object files, archives of packages
awk -F '\t' '
  $1 ~ "^/(var/lib/apt/lists|var/cache|var/log|var/tmp|tmp|root/\\.cache|home/[^/]*/\\.cache|root/\\.npm/_cacache|opt/conda/pkgs)/" ||
  $1 ~ "/\\.git/" || ($1 ~ "\\.(o|deb|apk|whl|gcda|orig)$" && $1 !~ "/ensurepip/") { print $3 }' "$work/sizes" | sum | sed 's/^/leftovers /'

# readelf says nothing of what is no ELF object, and names the members of an archive as no file is named
cut -f 1 "$work/sizes" | sed "s|^|$root|" | tr '\n' '\0' |
  { xargs -0 -n 500 readelf --file-header --segments --wide /dev/null 2>/dev/null || true; } |
  awk -F '\t' -v root="$root" '
    NR == FNR { known[$1]; next }
    /^File: / { file = substr($0, 7 + length(root)); FS = " " }
    !(file in known) { next }
    /^ELF Header:/ { print file "\t0" }
    $1 == "LOAD" { flags = ""; for (at = 7; at < NF; at++) flags = flags $at; if (flags ~ /E/) print file "\t" $5 }' "$work/sizes" - >"$work/segments"
cut -f 1 "$work/segments" | behind elf-objects
awk -F '\t' 'NR == FNR { bytes[$1] = $3; next } bytes[$1] > 0 { print $2 }' "$work/sizes" "$work/segments" |
  while read -r code; do echo $((code)); done | sum | sed 's/^/native-code /'

packages() {
  [[ ! -f $root/var/lib/dpkg/status ]] ||
    dpkg-query --admindir="$root/var/lib/dpkg" --show --showformat='${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p'
  [[ ! -d $root/var/lib/dpkg/status.d ]] || find "$root/var/lib/dpkg/status.d" -type f ! -name '*.md5sums' -exec sed -n 's/^Package: //p' {} +
  for list in "$root"/lib/apk/db/installed "$root"/usr/lib/apk/db/installed; do
    [[ ! -f $list || -L ${list%/apk/db/installed} ]] || sed -n 's/^P://p' "$list"
  done
}
echo "packages $(packages | wc -l)"
found distributions \( -name '*.dist-info' -o -name '*.egg-info' \) -regex '.*/\(site\|dist\)-packages/[^/]*' ! -path '*/_vendor/*'

# from here on a link means what it means in the image
find "$root" -xdev -type l -lname '/*' -printf '%p\t%l\n' | while IFS=$'\t' read -r link target; do ln -sfn -- "$root$target" "$link"; done

IFS=: read -ra places <<<"$path"
for place in "${places[@]}"; do
  for program in "$root$place"/*; do
    [[ ! -f $program || ! -x $program ]] || printf '%s\n' "${program##*/}"
  done
done | sort -u | wc -l | sed 's/^/commands /'

# files and links to files that can be executed, where programs lie: path, name, name without triplet and version
find "$root" -xdev \( -type f -o -type l \) -regex '.*/\(\(bin\|sbin\|libexec\)/[^/]*\|gcc/.*\)' | while IFS= read -r program; do
  [[ ! -f $program || ! -x $program ]] || printf '/%s\n' "${program#"$root"/}"
done | sort -u | awk '{
    name = $0; sub(".*/", "", name); plain = name
    sub(/^.*-linux-gnu-/, "", plain); sub(/-x86_64-linux-gnu.*$/, "", plain)
    bare = plain; sub(/[0-9.]+$/, "", bare); sub(/-$/, "", bare)
    print $0 "\t" name "\t" (bare == "" ? plain : bare) }' >"$work/programs"
named() { # NAME...
  awk -F '\t' -v names="$*" 'BEGIN { split(names, list, " "); for (at in list) is[list[at]] } $2 in is || $3 in is { print $1 }' "$work/programs"
}
named ash bash busybox csh dash elvish fish ksh ksh93 mksh nu pwsh rbash sh tcsh toybox yash zsh | behind shells
named awk bun deno elixir erl expect gawk groovy guile java jshell julia lua luajit mawk mono nawk node nodejs ocaml octave \
  perl php Rscript R ruby scala swipl tclsh wish | behind interpreters
named as c++ c89 c89-gcc c99 c99-gcc cc cc1 cc1plus clang clang++ collect2 cpp f951 g++ gcc gccgo gdc gfortran gnat go gold \
  javac ld ld.bfd ld.gold ld.lld lld llc lto1 lto-wrapper mold nasm nvcc rustc tcc yasm zig | behind compilers
named aria2c aws axel curl dig drill ftp gcloud git gsutil hg host http kubectl lftp links lynx nc nc.openbsd \
  nc.traditional ncat netcat nmap nslookup openssl ping rclone rsync scp sftp smbclient socat ssh svn tcpdump telnet tftp w3m wget xh |
  behind network-clients
{
  named apk apt apt-get aptitude brew bundle bundler cargo composer conda dnf dpkg easy_install flatpak gem hatch mamba microdnf \
    micromamba nix-env npm npx opkg pacman pdm pip pipenv pipx pixi pnpm poetry rpm snap tdnf uv uvx yarn yum zypper
  grep -E '/(conda|hatch|pdm|pip|pipenv|pipx|poetry|uv)-[^-/]*\.(dist|egg)-info$' "$work/distributions" || true
} | behind package-managers
