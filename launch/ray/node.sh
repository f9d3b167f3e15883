#!/usr/bin/env bash
# Makes this machine the head or a worker of a cluster, in the foreground until it ends.
#
#   node.sh head               on one machine
#   node.sh worker HEAD:6379   on every other; HEAD as the private network knows it
#
# What a cluster may be told otherwise:
#   EMBODIED_MEM_VENV   virtual environment (default /opt/embodied-mem)
#   RAY_AUTH_TOKEN_PATH file with the token, the same on all machines (default
#                       /etc/embodied-mem/ray-token)
#   RAY_NODE_ADDRESS    own address in the private network, where the machine has several
#   RAY_NODE_CPUS       CPUs to offer (default all)
#   RAY_NODE_DETACHED   1 to go into the background, for `ray up`
#   RAY_AUTOSCALING     the head's configuration of the machines, for `ray up`
set -euo pipefail
role="${1:-}"
head="${2:-}"
ray="${EMBODIED_MEM_VENV:-/opt/embodied-mem}/bin/ray"

export RAY_AUTH_MODE=token
export RAY_AUTH_TOKEN_PATH="${RAY_AUTH_TOKEN_PATH:-/etc/embodied-mem/ray-token}"
export RAY_USAGE_STATS_ENABLED=0
export RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO=0
# What runs out of memory again and again is given up, like what dies in another way.
export RAY_task_oom_retries=5

if [ ! -s "$RAY_AUTH_TOKEN_PATH" ]; then
  echo "node.sh: there is no token in $RAY_AUTH_TOKEN_PATH. Make one, and copy it to all machines:" >&2
  echo "  install -d -m 700 ${RAY_AUTH_TOKEN_PATH%/*} && (umask 077; openssl rand -hex 32 > $RAY_AUTH_TOKEN_PATH)" >&2
  exit 1
fi
common=(--disable-usage-stats)
[ "${RAY_NODE_DETACHED:-0}" = 1 ] || common+=(--block)
[ -n "${RAY_NODE_ADDRESS:-}" ] && common+=(--node-ip-address "$RAY_NODE_ADDRESS")
[ -n "${RAY_NODE_CPUS:-}" ] && common+=(--num-cpus "$RAY_NODE_CPUS")

case "$role" in
  head)
    [ -n "${RAY_AUTOSCALING:-}" ] && common+=(--autoscaling-config "$RAY_AUTOSCALING")
    exec "$ray" start --head --port 6379 --include-dashboard false "${common[@]}"
    ;;
  worker)
    [ -n "$head" ] || { echo "node.sh: worker needs the head, as HOST:6379" >&2; exit 2; }
    exec "$ray" start --address "$head" "${common[@]}"
    ;;
  *)
    echo "usage: node.sh head | node.sh worker HEAD:6379" >&2
    exit 2
    ;;
esac
