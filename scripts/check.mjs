// @ts-check
// `pnpm check`: the rules of the house. Each finding says file, rule and how to fix it; `--fix` does what a machine
// can.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { dependencies } from './check/dependencies.mjs'
import { directions } from './check/directions.mjs'
import { installed } from './check/installed.mjs'
import { manifest } from './check/manifest.mjs'
import { pictures } from './check/pictures.mjs'
import { prose } from './check/prose.mjs'
import { sources } from './check/sources.mjs'
import { width } from './check/width.mjs'
import { root as workspaceRoot, runAsScript } from './run.mjs'
import { readWorkspace } from './workspace.mjs'

const rules = [manifest, directions, dependencies, sources, prose, pictures, width, installed]

/**
 * Everything that is wrong with the workspace at `root`: `{ file, rule, problem, fix, patch? }`.
 * `fix` says what to do; `patch` is the right content of the file, a text or JSON.
 */
export const check = (root) => {
  const workspace = readWorkspace(root)
  const readText = (file) => readFileSync(join(root, file), 'utf8')
  return rules.flatMap((rule) => rule(workspace, readText))
}

/** Writes the patches, one a file at a time, until none is left. */
export const fix = (root) => {
  const patches = new Map(
    check(root)
      .filter(({ patch }) => patch !== undefined)
      .map(({ file, patch }) => [file, typeof patch === 'string' ? patch : `${JSON.stringify(patch, null, 2)}\n`]),
  )
  if (patches.size === 0) return
  for (const [file, text] of patches) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  fix(root)
}

runAsScript(import.meta.url, () => {
  const args = process.argv.slice(2)
  const root = resolve(args.find((arg) => !arg.startsWith('-')) ?? workspaceRoot)
  if (args.includes('--fix')) fix(root)
  const findings = check(root)
  for (const finding of findings)
    console.log(`${finding.file}: ${finding.problem} [${finding.rule}]\n    fix: ${finding.fix}`)
  console.log(
    findings.length === 0
      ? 'check: all rules hold'
      : `check: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`,
  )
  process.exitCode = findings.length === 0 ? 0 : 1
})
