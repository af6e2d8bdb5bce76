//! A script that has SLURM do the shards of a command as an array of tasks, then gather.

/// The script, for a command that takes `--shard` and `--gather`, in so many tasks.
///
/// A task that is told that its time is up passes that on, and is put into the queue again once the
/// command has saved what it had done; the command goes on from there.
pub(crate) fn script(command: &str, name: &str, tasks: u64) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!(
        r#"#!/bin/sh
# Submits {tasks} tasks, and a job that gathers their results once all have succeeded. Run it with sh
# where the paths below lead to a directory that all machines share; add options of your cluster, such
# as --partition and --time, to its #SBATCH lines.
set -eu

array=$(sbatch --parsable <<'TASK'
#!/bin/sh
#SBATCH --job-name={name}
#SBATCH --array=1-{tasks}
#SBATCH --cpus-per-task=1
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@60
{command} --shard "$SLURM_ARRAY_TASK_ID/{tasks}" --threads "$SLURM_CPUS_PER_TASK" --quiet &
work=$!
trap 'kill -TERM "$work"' TERM
code=0
wait "$work" || code=$?
if [ "$code" -gt 128 ]; then
    # The signal ended the waiting, not the work.
    code=0
    wait "$work" || code=$?
fi
if [ "$code" -eq 130 ]; then
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}"
fi
exit "$code"
TASK
)

sbatch --dependency="afterok:$array" <<'GATHER'
#!/bin/sh
#SBATCH --job-name={name}-gather
#SBATCH --cpus-per-task=1
{command} --gather --quiet
GATHER
"#
    )
}
