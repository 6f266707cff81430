// @ts-check
// `npm test`: every check of the workspace, stage after stage, then one line for each stage and one for all.
// `npm test -- unit check` runs only the stages named. A stage that finds no test has failed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { findChromium } from './chromium.mjs'
import { writeExamples } from './examples.mjs'
import { bin, root, run } from './run.mjs'

const results = join(root, '.cache', 'test')
const ci = Boolean(process.env.CI)

/** A stage that passes or fails as one. */
const whole =
  (...steps) =>
  () => {
    const failed = steps.find(([command, ...args]) => run(command, args).status !== 0)
    return failed === undefined ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  }

/** A stage counted test by test, from vitest's own report. */
const tests =
  (name, args = [], env = {}) =>
  () => {
    const file = join(results, `${name}.json`)
    rmSync(file, { force: true })
    const { status } = run(
      bin('vitest'),
      ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
      { env: { ...process.env, ...env } },
    )
    if (!existsSync(file)) return { passed: 0, failed: 1, note: 'the test runner did not finish' }
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const passed = report.numPassedTests
    const skipped = report.numTotalTests - passed - report.numFailedTests
    // A file that does not load, or an error outside a test, fails the run without failing a test.
    const failed = Math.max(report.numFailedTests, status === 0 && passed > 0 ? 0 : 1)
    return {
      passed,
      failed,
      failures: failuresOf(report),
      ...(skipped > 0 ? { note: `${skipped} skipped` } : {}),
      skipped,
    }
  }

/** What failed, and where: the first line of each failed test and of each file that did not load. */
const failuresOf = (report) =>
  report.testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name)
    const failed = assertionResults.filter(({ status }) => status === 'failed')
    const lines = failed.map(
      ({ fullName, failureMessages }) => `${file} > ${fullName}\n    ${(failureMessages[0] ?? '').split('\n')[0]}`,
    )
    return lines.length > 0 || !message ? lines : [`${file}\n    ${message.split('\n')[0]}`]
  })

/** The examples of the documentation: their types count as one test, then each of them as one. */
const examples = () => {
  writeExamples(root, join(root, '.cache', 'examples'))
  const types = run(bin('tsc'), ['-p', '.cache/examples/tsconfig.json']).status === 0
  const result = tests('examples', ['--config', 'scripts/examples.config.mjs'])()
  return types
    ? { ...result, passed: result.passed + 1 }
    : { ...result, failed: result.failed + 1, note: 'the examples do not type-check' }
}

/** Tests in a real browser. */
const inChromium = (name, config) => () => {
  const chromium = findChromium()
  if (chromium !== undefined) return tests(name, ['--config', config], { CHROMIUM: chromium })()
  const how = `no Chromium was found; install Chromium or Chrome, or set CHROMIUM=/path/to/it, then run \`npm test -- ${name}\``
  return ci ? { passed: 0, failed: 1, note: how } : { passed: 0, failed: 0, note: `NOT RUN: ${how}` }
}

/** Both, as one stage. */
const both = (first, second) => () => {
  const results = [first(), second()]
  const sum = (key) => results.reduce((total, result) => total + (result[key] ?? 0), 0)
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: results.flatMap(({ failures = [] }) => failures),
    note: results.flatMap(({ note = [] }) => note).join('; '),
  }
}

const stages = {
  lint: whole([bin('oxlint'), '--deny-warnings']),
  types: whole(
    ...[
      'tsconfig.test.json',
      'tsconfig.declarations.json',
      'tsconfig.scripts.json',
      'apps/playground/page',
      'apps/playground/page/service-worker',
    ].map((of) => [bin('tsc'), '-p', of]),
  ),
  check: whole([process.execPath, 'scripts/check.mjs'], [bin('oxfmt'), '--check']),
  unit: tests('unit'),
  examples,
  consumers: tests('consumers', ['--config', 'integrations/vitest.config.mjs']),
  browser: inChromium('browser', 'integrations/vite/vitest.config.mjs'),
  page: inChromium('page', 'apps/playground/browser/vitest.config.mjs'),
  docs: both(
    whole([process.execPath, 'apps/docs/site.mjs']),
    inChromium('docs', 'apps/docs/browser/vitest.config.mjs'),
  ),
}

/** A stage whose command cannot start has failed, and says why. */
const attempt = (stage) => {
  try {
    return stage()
  } catch (error) {
    return { passed: 0, failed: 1, note: error instanceof Error ? error.message : String(error) }
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in stages))
if (unknown.length > 0) {
  console.error(`There is no stage ${unknown.join(', ')}. The stages are ${Object.keys(stages).join(', ')}.`)
  process.exit(2)
}

mkdirSync(results, { recursive: true })
// By the time this script runs, the stages of scripts/bootstrap.mjs have passed.
/**
 * @type {{ name: string, passed: number, failed: number, seconds: number, note?: string, skipped?: number, failures?:
 * string[] }[]}
 */
const lines = Object.entries(JSON.parse(process.env.RESFN_BOOTSTRAP ?? '{}')).map(([name, seconds]) => ({
  name,
  passed: 1,
  failed: 0,
  seconds,
}))
for (const [name, stage] of Object.entries(stages)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.log(`\n--- ${name} ---`)
  const started = performance.now()
  lines.push({ name, ...attempt(stage), seconds: (performance.now() - started) / 1000 })
}

const sum = (key) => lines.reduce((total, line) => total + (line[key] ?? 0), 0)
console.log('')
for (const { name, passed, failed, seconds, note } of lines) {
  const word = failed > 0 ? 'FAILED' : passed > 0 ? 'ok' : '-'
  console.log(
    `${name.padEnd(10)} ${word.padEnd(7)} ${String(passed).padStart(5)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s${note ? `  ${note}` : ''}`,
  )
}
// Named here as well, for a reader who sees the end of a long output alone.
const failures = lines.flatMap((line) => line.failures ?? [])
if (failures.length > 0) console.log(`\n${failures.join('\n')}\n`)
console.log(
  `${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`,
)
process.exitCode = sum('failed') > 0 ? 1 : 0
