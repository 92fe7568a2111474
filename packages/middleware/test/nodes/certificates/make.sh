#!/bin/sh
# Makes the certificates of this folder, once, with OpenSSL 3: good from 2020 to 2126, for servers on this computer only.
# The keys of the two authorities are thrown away, so new certificates take new authorities: run it as a whole.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dates="-startdate 20200101000000Z -enddate 21260101000000Z"
cat > "$work/ca.cnf" <<END
[ca]
default_ca = one
[one]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
END
: > "$work/index"

request() { # name, where its key goes
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2" -out "$work/$1.csr" -subj "/CN=$1"
}
authority() { # name
  request "$1" "$work/$1.key"
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n' > "$work/extensions"
  openssl ca -batch -notext -config "$work/ca.cnf" -selfsign -keyfile "$work/$1.key" -in "$work/$1.csr" \
    -extfile "$work/extensions" $dates -out "$1.pem"
}
server() { # name, subjectAltName
  request "$1" "$1.key"
  printf 'basicConstraints=CA:FALSE\nsubjectAltName=%s\n' "$2" > "$work/extensions"
  openssl ca -batch -notext -config "$work/ca.cnf" -cert ca.pem -keyfile "$work/ca.key" -in "$work/$1.csr" \
    -extfile "$work/extensions" $dates -out "$1.pem"
}
authority ca
authority other-ca
server localhost DNS:localhost
server loopback IP:127.0.0.1
