// `pnpm check`: the rules of the house. Each finding says file, rule and how to mend it; `--fix` mends what a machine can.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dependencies } from './check/dependencies.mjs'
import { directions } from './check/directions.mjs'
import { installed } from './check/installed.mjs'
import { manifest } from './check/manifest.mjs'
import { prose } from './check/prose.mjs'
import { sources } from './check/sources.mjs'
import { readWorkspace } from './workspace.mjs'

const rules = [manifest, directions, dependencies, sources, prose, installed]

/** Everything that is wrong with the workspace at `root`: `{ file, rule, problem, mend, fix? }`, where `fix` is the new content of a JSON file. */
export const check = (root) => {
  const workspace = readWorkspace(root)
  const readText = (file) => readFileSync(join(root, file), 'utf8')
  return rules.flatMap((rule) => rule(workspace, readText))
}

/** Writes the fixes, one at a time, until none is left. */
export const fix = (root) => {
  const [finding] = check(root).filter((candidate) => candidate.fix !== undefined)
  if (finding === undefined) return
  writeFileSync(join(root, finding.file), `${JSON.stringify(finding.fix, null, 2)}\n`)
  fix(root)
}

const main = () => {
  const args = process.argv.slice(2)
  const root = resolve(args.find((arg) => !arg.startsWith('-')) ?? dirname(dirname(fileURLToPath(import.meta.url))))
  if (args.includes('--fix')) fix(root)
  const findings = check(root)
  for (const { file, rule, problem, mend } of findings) console.log(`${file}: ${problem} [${rule}]\n    mend: ${mend}`)
  console.log(
    findings.length === 0
      ? 'check: all rules hold'
      : `check: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`,
  )
  process.exitCode = findings.length === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
