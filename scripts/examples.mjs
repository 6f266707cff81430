// @ts-check
// Every ```ts block of the documentation is a program. This script cuts the blocks out of the READMEs, of docs/ and of
// the `@example` sections of the sources, writes each to a file of its own under .cache/examples, and a test file for
// each package that runs them. `pnpm examples` type-checks and runs them; `pnpm examples tree` only those whose path
// has the word.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { bin, root, run, runAsScript } from './run.mjs'
import { readWorkspace } from './workspace.mjs'

/** All fenced blocks of a Markdown text: language, the words after it, the line of the first line of code, the code. */
const fences = (markdown) =>
  markdown.split('\n').reduce(
    ({ blocks, open }, line, index) => {
      const fence = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/.exec(line)
      if (open === undefined)
        return {
          blocks,
          open:
            fence === null
              ? undefined
              : { mark: fence[2], language: fence[3], words: fence[4].trim(), line: index + 2, code: [] },
        }
      if (fence !== null && fence[3] === '' && fence[2].startsWith(open.mark)) {
        const { mark: _, code, ...block } = open
        return { blocks: [...blocks, { ...block, code: code.join('\n') }], open: undefined }
      }
      return { blocks, open: { ...open, code: [...open.code, line] } }
    },
    { blocks: [], open: undefined },
  ).blocks

/** The ```ts blocks of a Markdown text, each with the line it starts on. */
export const blocksOf = (markdown) =>
  fences(markdown)
    .filter(({ language, words }) => language === 'ts' && words === '')
    .map(({ line, code }) => ({ line, code }))

/** What a guide says to do: files to write (blocks whose language is followed by a path) and commands (`sh` blocks). */
export const stepsOf = (markdown) =>
  fences(markdown).flatMap(({ language, words, code }) =>
    words !== ''
      ? [{ path: words, text: `${code}\n` }]
      : language === 'sh'
        ? code.split('\n').map((command) => ({ command: command.replace(/\s+#.*$/, '').trim() }))
        : [],
  )

/** The documentation comments of a source as Markdown; every line keeps its number. */
export const commentsOf = (source) => {
  const { lines } = source.split('\n').reduce(
    ({ lines, inside }, line) => {
      const opens = !inside && /^\s*\/\*\*/.test(line)
      const within = inside || opens
      return {
        lines: [...lines, within ? line.replace(/^\s*(\/\*\*| \*\/|\*\/| \*|\*) ?/, '') : ''],
        inside: within && !line.includes('*/'),
      }
    },
    { lines: [], inside: false },
  )
  return lines.join('\n')
}

/** All examples of the workspace: `{ group, file, line, code }`; a group is the folder of a package, or the root. */
export const collect = (workspace, readText) => {
  const dirs = workspace.packages.map(({ dir }) => dir)
  return workspace.files
    .filter(
      (file) =>
        file.endsWith('.md') ||
        (file.endsWith('.ts') && !file.endsWith('.test.ts') && dirs.some((dir) => file.startsWith(`${dir}/src/`))),
    )
    .filter((file) => !file.endsWith('CHANGELOG.md') && !file.startsWith('.changeset/'))
    .flatMap((file) => {
      const text = readText(file)
      const group = dirs.find((dir) => file.startsWith(`${dir}/`)) ?? 'documents'
      return blocksOf(file.endsWith('.md') ? text : commentsOf(text)).map((block) => ({ group, file, ...block }))
    })
}

/**
 * Links every package of the workspace, and everything they depend on, so that an example may import what its reader
 * can install.
 */
const linkModules = ({ root, packages }, folder) => {
  const link = (target, name) => {
    const path = join(folder, 'node_modules', name)
    if (existsSync(path) || !existsSync(target)) return
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path, 'junction')
  }
  for (const { dir, manifest, isPublic } of packages) if (isPublic) link(join(root, dir), manifest.name)
  for (const { dir, manifest } of packages) {
    for (const name of Object.keys({
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.devDependencies,
    }))
      link(join(root, dir, 'node_modules', name), name)
  }
}

const slug = (text) => text.replaceAll(/[^\w.]+/g, '-')

/**
 * Writes the examples below `folder`, each padded so that its lines have the numbers they have in the documentation.
 */
export const writeExamples = (root, folder) => {
  const workspace = readWorkspace(root)
  const examples = collect(workspace, (file) => readFileSync(join(root, file), 'utf8'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  linkModules(workspace, folder)
  const groups = groupBy(examples)
  for (const [group, members] of groups) {
    const tests = members.map(({ file, line, code }) => {
      const name = `${slug(file)}.line-${line}.ts`
      writeFileSync(join(folder, name), `${'\n'.repeat(line - 1)}${code}\n`)
      return `it(${JSON.stringify(`${file}:${line}`)}, async () => {\n  await import(${JSON.stringify(`./${name}`)})\n})\n`
    })
    writeFileSync(join(folder, `${slug(group)}.test.ts`), `import { it } from 'vitest'\n\n${tests.join('\n')}`)
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.test.json',
      compilerOptions: { moduleDetection: 'force', allowImportingTsExtensions: true },
      include: ['./*.ts'],
      exclude: ['./node_modules', './*.test.ts'],
    }),
  )
  return examples
}

const groupBy = (examples) =>
  examples.reduce(
    (groups, example) => groups.set(example.group, [...(groups.get(example.group) ?? []), example]),
    new Map(),
  )

runAsScript(import.meta.url, () => {
  const examples = writeExamples(root, join(root, '.cache', 'examples'))
  console.log(`${examples.length} examples`)
  const types = run(bin('tsc'), ['-p', '.cache/examples/tsconfig.json']).status
  const tests = run(bin('vitest'), ['run', '--config', 'scripts/examples.config.mjs', ...process.argv.slice(2)]).status
  process.exitCode = (types ?? 1) || (tests ?? 1)
})
