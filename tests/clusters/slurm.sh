#!/usr/bin/env bash
# A sweep by a real SLURM of one node, made for the test in a directory of its own: an array of shards, of
# which one is killed, one told that its time is up and one put back into the queue, ends with the bytes of
# one process. Usage: slurm.sh PROGRAM. Skips by name where SLURM's programs are not installed.
set -euo pipefail

program=$(realpath "$1")
for tool in munged slurmctld slurmd sbatch scontrol; do
  if ! PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null; then
    echo "skipped: SLURM's $tool is not installed (Debian's packages slurm-wlm and munge)"
    exit 0
  fi
done
if [ "$(id -u)" -ne 0 ]; then
  echo "skipped: SLURM's daemons want root"
  exit 0
fi
PATH=$PATH:/usr/sbin

place=$(mktemp -d)
daemons=()
finish() {
  code=$?
  kill "${daemons[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  if [ "$code" -ne 0 ]; then
    tail -n 5 "$place"/*.log "$place"/work/slurm-*.out 2>/dev/null || true
  fi
  rm -rf "$place"
}
trap finish EXIT

mkdir "$place/state" "$place/spool" "$place/bin" "$place/work" "$place/alone"
ln -s "$program" "$place/bin/metaplast"
export PATH=$place/bin:$PATH SLURM_CONF=$place/slurm.conf
host=$(uname -n)
host=${host%%.*}
head -c 1024 /dev/urandom >"$place/munge.key"
chmod 400 "$place/munge.key"
# What is put back waits as long as a credential lives, two minutes by default.
cat >"$SLURM_CONF" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=26817
SlurmdPort=26818
AuthType=auth/munge
AuthInfo=socket=$place/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool
SlurmctldPidFile=$place/slurmctld.pid
SlurmdPidFile=$place/slurmd.pid
SlurmctldLogFile=$place/slurmctld.log
SlurmdLogFile=$place/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE OverSubscribe=FORCE:4 State=UP
END
munged --force --foreground --key-file="$place/munge.key" --socket="$place/munge.socket" \
  --pid-file="$place/munge.pid" --log-file="$place/munge.log" --seed-file="$place/munge.seed" 2>/dev/null &
daemons+=($!)
until [ -S "$place/munge.socket" ]; do sleep 0.1; done
slurmctld -D 2>/dev/null &
daemons+=($!)
slurmd -D 2>/dev/null &
daemons+=($!)
for _ in $(seq 300); do
  sinfo --noheader --format=%t 2>/dev/null | grep -q idle && break
  sleep 0.1
done
sinfo --noheader --format="%N: %t, SLURM $(sinfo --version | cut -d' ' -f2)"

cat >"$place/work/s.toml" <<'END'
[base]
glyphs_per_class = 25
layers = [784, 100, 47]
ways = 5
shots = 20
queries = 5
episodes = 200
preset = "fa"
[grid]
lambda = [0, 0.1, 0.2, 0.5, 1]
END
cp "$place/work/s.toml" "$place/alone/"
(cd "$place/alone" && metaplast sweep s.toml --out o --quiet >/dev/null)

cd "$place/work"
metaplast sweep s.toml --out o --slurm 4 >submit.sh
submitted=$(sh submit.sh)
array=$(squeue --noheader --format=%F | sort -n | head -n 1)
echo "$submitted, which waits for array $array"

begun() { until [ -s "o/lambda=$1/episodes.csv" ]; do sleep 0.02; done; }

begun 0.1
scancel --batch --signal=TERM "${array}_2"
begun 0.2
scontrol requeue "${array}_3"
begun 0.5
for process in $(pgrep --full -- "metaplast sweep .* --shard 4/4"); do
  if [ "$(readlink "/proc/$process/cwd")" = "$place/work" ]; then
    kill -KILL "$process"
  fi
done
for _ in $(seq 1200); do
  squeue --noheader --jobs="$array" --format=%T 2>/dev/null | grep -q . || break
  sleep 0.1
done
echo "task 2 was told to end, task 3 put back, task 4 killed: $(find o -name rule.toml | wc -l) of 5 runs are there"
if [ -e "o/lambda=0.5/rule.toml" ]; then
  echo "the killed task had come to its end before"
  exit 1
fi
# A killed task has failed: it alone is submitted again, and what waited for it with it.
scancel --state=PENDING --user=root || true
sed -e 's/^#SBATCH --array=.*/#SBATCH --array=4/' submit.sh >again.sh
sh again.sh >/dev/null
for _ in $(seq 1200); do
  squeue --noheader --format=%T | grep -q . || break
  sleep 0.1
done

rm -f o/*/.lock o/.lock ../alone/o/*/.lock ../alone/o/.lock
# Of a run that was stopped, a checkpoint before the last is another one.
diff --brief --recursive --exclude=checkpoint.previous.toml o ../alone/o
echo "the same bytes as by one process"
