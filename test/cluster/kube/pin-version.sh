#!/usr/bin/env bash
# Writes go.mod and go.sum for a version of Kubernetes and one of CoreDNS: `./pin-version.sh 1.37.2 1.14.7`.
# go.mod is the one place in which the versions stand. Kubernetes' staging modules have no usable version of their own
# there (v0.0.0), so each needs a `replace`: k8s.io/X v0.N.P for Kubernetes v1.N.P.
set -eu
cd "$(dirname "$0")"
kubernetes=$1 coredns=$2 staging=v0.${1#1.}

go mod download "k8s.io/kubernetes@v$kubernetes"
manifest=$(go env GOMODCACHE)/cache/download/k8s.io/kubernetes/@v/v$kubernetes.mod
{
  printf 'module kdev.test/cluster\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$kubernetes"
  sed -nE "s|^\s*(k8s.io/[a-z-]+) v0\.0\.0\$|\t\1 => \1 $staging|p" "$manifest"
  echo ')'
} > go.mod
go get "github.com/coredns/coredns@v$coredns"
go mod tidy
