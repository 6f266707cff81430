// @ts-check
// Reads the workspace into plain data: packages with their manifests, parsed sources, READMEs and settings.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseSync } from 'vite'

const ignored = new Set(['node_modules', 'dist', '.cache', '.turbo', '.git', 'runs', 'coverage'])

const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

/** All files below a folder of the workspace, as paths from its root, in order; build products are left out. */
export const listFiles = (root, folder = '.') =>
  !existsSync(join(root, folder))
    ? []
    : readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => !ignored.has(entry.name))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .flatMap((entry) => {
          const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
          return entry.isDirectory() ? listFiles(root, path) : entry.isFile() ? [path] : []
        })

const importsOf = ({ module }, text) => [
  ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
  ...module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest.value])),
  ),
  ...module.dynamicImports.flatMap(({ moduleRequest }) => {
    const literal = /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
    return literal === null ? [] : [literal[2]]
  }),
]

/**
 * Tests, fixtures, code that lessons show, and what is beside `src`: tools, benchmarks, and pages, of which a build is
 * published.
 */
const notPublished = (dir, path) =>
  /\.test\.\w+$/.test(path) ||
  path.includes('/fixtures/') ||
  path.endsWith('/code.mjs') ||
  (/^(packages|apps)\//.test(dir) && !path.startsWith(`${dir}/src/`))

const readSource = (root, dir, path) => {
  const text = readFileSync(join(root, path), 'utf8')
  const parsed = parseSync(path, text)
  const statements = parsed.program.body.map((node) =>
    'declaration' in node && node.declaration ? node.declaration : node,
  )
  return {
    path,
    text,
    test: notPublished(dir, path),
    errors: parsed.errors.map(({ message }) => message),
    imports: [...new Set(importsOf(parsed, text))],
    exports: parsed.module.staticExports.flatMap(({ entries }) =>
      entries.map(({ exportName, importName, moduleRequest }) => ({
        name: exportName.kind === 'Default' ? 'default' : exportName.name,
        all: importName.kind === 'AllButDefault' || importName.kind === 'All',
        from: moduleRequest?.value,
      })),
    ),
    interfaces: statements.flatMap((node) => (node.type === 'TSInterfaceDeclaration' ? [node.id.name] : [])),
  }
}

const patterns = (text) => {
  const [, list = ''] = /^packages:\n((?:\s+-.*\n)+)/m.exec(`${text}\n`) ?? []
  return list.split('\n').flatMap(
    (line) =>
      line
        .replace(/^\s+-\s*/, '')
        .replaceAll(/['"]/g, '')
        .trim() || [],
  )
}

const expand = (root, pattern) =>
  pattern.split('/').reduce(
    (folders, part) =>
      part === '*'
        ? folders.flatMap((folder) =>
            existsSync(join(root, folder)) && statSync(join(root, folder)).isDirectory()
              ? readdirSync(join(root, folder))
                  .filter((name) => !name.startsWith('.') && !ignored.has(name))
                  .map((name) => (folder === '' ? name : `${folder}/${name}`))
              : [],
          )
        : folders.map((folder) => (folder === '' ? part : `${folder}/${part}`)),
    [''],
  )

/** `packages/core/tree` is in group `core`, `packages/cli` in group `cli`, `bench` in group `bench`. */
const groupOf = (dir) => (dir.startsWith('packages/') ? dir.split('/')[1] : dir.split('/')[0])

const readPackage = (root, dir) => {
  const manifestText = readFileSync(join(root, dir, 'package.json'), 'utf8')
  const tsconfigText = read(join(root, dir, 'tsconfig.json'))
  const manifest = JSON.parse(manifestText)
  return {
    dir,
    group: groupOf(dir),
    folder: basename(dir),
    manifest,
    manifestText,
    isPublic: manifest.private !== true,
    isUmbrella: dir === 'packages/resfn',
    tsconfig: tsconfigText === undefined ? undefined : JSON.parse(tsconfigText),
    readme: read(join(root, dir, 'README.md')),
    sources: listFiles(root, dir)
      .filter((path) => /\.(ts|tsx|mts|mjs|js|jsx)$/.test(path) && !path.includes('/assembly/'))
      .map((path) => readSource(root, dir, path)),
  }
}

/** The whole workspace at `root`. */
export const readWorkspace = (root) => {
  const dirs = patterns(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
    .flatMap((pattern) => expand(root, pattern))
    .filter((dir) => existsSync(join(root, dir, 'package.json')))
  return {
    root,
    manifest: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')),
    tsconfig: JSON.parse(read(join(root, 'tsconfig.json')) ?? '{}'),
    files: listFiles(root),
    packages: [...new Set(dirs)].sort().map((dir) => readPackage(root, dir)),
  }
}

/**
 * `@resfn/archs/resnet` belongs to `@resfn/archs`, `fp-ts/Either` to `fp-ts`, `./tree.ts`, `node:fs` and what a plugin
 * of Vite makes, `virtual:lessons`, to no package.
 */
export const packageOf = (specifier) =>
  /^(\.|\/|node:|virtual:|#)/.test(specifier)
    ? undefined
    : specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/')

/** The names that a source file exports, following its relative re-exports. */
export const exportedNames = (pkg, path) => {
  const source = pkg.sources.find((other) => other.path === path)
  if (source === undefined) return []
  return source.exports.flatMap(({ name, all, from }) => {
    if (name !== null && name !== undefined) return [name]
    if (!all || from === undefined || !from.startsWith('.')) return []
    const target = new URL(from, `file:///${path}`).pathname.slice(1)
    return exportedNames(pkg, target)
  })
}
