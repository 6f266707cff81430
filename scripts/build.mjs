// @ts-check
// `pnpm build [turbo options]`: builds every package with `tsc -b`, in order and cached by turbo, without telemetry.
import { bin, run, runAsScript } from './run.mjs'

runAsScript(import.meta.url, () => {
  const { status } = run(bin('turbo'), ['run', 'build', '--output-logs=errors-only', ...process.argv.slice(2)], {
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
  })
  process.exitCode = status ?? 1
})
