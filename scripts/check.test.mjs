// @ts-check
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { check, fix } from './check.mjs'
import { create, packageFiles } from './new.mjs'

const rootManifest = {
  name: 'workspace',
  private: true,
  license: 'MIT',
  type: 'module',
  engines: { node: '>=20.19' },
  devDependencies: { '@resfn/test-utils': 'workspace:^', vitest: 'catalog:' },
}
const json = (value) => `${JSON.stringify(value, null, 2)}\n`

const edit = (text, change) => json(change(JSON.parse(text)))

/** The files of a package made by the generator, at another place: the umbrella is `packages/resfn`. */
const moved = (group, name, dir) =>
  Object.fromEntries(
    Object.entries(packageFiles(group, name, rootManifest)).map(([path, text]) => [
      path.replace(`packages/${group}/${name}`, dir),
      path.endsWith('tsconfig.json') ? text.replace('../../../', '../../') : text,
    ]),
  )
const umbrellaFiles = moved('ops', 'resfn', 'packages/resfn')

const testUtils = { name: '@resfn/test-utils', version: '0.0.0', private: true, type: 'module' }

// A small workspace in which every rule holds: a layer package, an op made by `pnpm new`, the umbrella, a package with
// a sub-path.
const base = {
  'package.json': json(rootManifest),
  'pnpm-workspace.yaml': 'packages:\n  - packages/*\n  - packages/*/*\n  - internal/*\n',
  'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
  'tsconfig.json': json({ files: [], references: [] }),
  'internal/test-utils/package.json': json(testUtils),
  ...packageFiles('core', 'tree', rootManifest),
  ...packageFiles('core', 'layer', rootManifest),
  'packages/core/layer/package.json': edit(
    packageFiles('core', 'layer', rootManifest)['packages/core/layer/package.json'],
    (manifest) => ({
      ...manifest,
      peerDependencies: { '@tensorflow/tfjs-core': 'catalog:' },
      dependencies: { '@resfn/tree': 'workspace:^' },
      devDependencies: { '@tensorflow/tfjs-core': 'catalog:' },
    }),
  ),
  'packages/core/layer/src/layer.ts':
    "import type { Tensor } from '@tensorflow/tfjs-core'\nimport { tree } from '@resfn/tree'\nexport const layer = (x: Tensor): number => tree(x.rank)\n",
  'packages/resfn/package.json': edit(umbrellaFiles['packages/resfn/package.json'], (manifest) => ({
    ...manifest,
    name: 'resfn',
    dependencies: {},
  })),
  'packages/resfn/tsconfig.json': umbrellaFiles['packages/resfn/tsconfig.json'],
  'packages/resfn/README.md': umbrellaFiles['packages/resfn/README.md'].replace('@resfn/resfn', 'resfn'),
  ...moved('formats', 'nets', 'packages/nets'),
  'packages/nets/package.json': edit(
    packageFiles('formats', 'nets', rootManifest)['packages/formats/nets/package.json'],
    (manifest) => ({
      ...manifest,
      exports: {
        '.': manifest.exports['.'],
        './small': { '@resfn/source': './src/nets.ts', types: './dist/nets.d.ts', default: './dist/nets.js' },
        './package.json': './package.json',
      },
      resfn: { umbrella: false },
    }),
  ),
}

const made = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

const workspace = (changes = {}) => {
  const root = mkdtempSync(join(tmpdir(), 'resfn-check-'))
  made.push(root)
  const write = (files) => {
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) rmSync(join(root, path), { force: true })
      else {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        writeFileSync(join(root, path), text)
      }
    }
  }
  write(base)
  create(root, 'ops', 'gate')
  const read = (path) => readFileSync(join(root, path), 'utf8')
  write(typeof changes === 'function' ? changes(read) : changes)
  return { root, read }
}

const rulesBroken = (root) => [...new Set(check(root).map(({ rule }) => rule))]

describe('a workspace in order', () => {
  it('has no finding, with an op made by the generator, an umbrella and a sub-path', () => {
    expect(check(workspace().root)).toEqual([])
  })
})

const op = 'packages/ops/gate'
const manifestOf = (dir, change) => (read) => ({ [`${dir}/package.json`]: edit(read(`${dir}/package.json`), change) })
const source =
  (text, path = `${op}/src/gate.ts`) =>
  (read) => ({ [path]: `${read(path)}${text}\n` })

/** @type {[what: string, rule: string, change: (read: (path: string) => string) => object][]} */
const violations = [
  [
    'a core package that imports an op',
    'direction',
    (read) => ({
      ...manifestOf('packages/core/tree', (m) => ({ ...m, dependencies: { '@resfn/gate': 'workspace:^' } }))(read),
      ...source(
        "import { gate } from '@resfn/gate'\nexport const g: unknown = gate",
        'packages/core/tree/src/tree.ts',
      )(read),
    }),
  ],
  [
    'a format that imports tensors',
    'direction',
    (read) => ({
      'packages/formats/raw/package.json': packageFiles('formats', 'raw', rootManifest)[
        'packages/formats/raw/package.json'
      ],
      'packages/formats/raw/src/index.ts': "import '@tensorflow/tfjs-core'\n",
      'package.json': read('package.json'),
    }),
  ],
  ['an op that imports a backend', 'backend', source("import '@tensorflow/tfjs-backend-cpu'")],
  [
    'an op that imports a Node module',
    'node',
    source("import { readFileSync } from 'node:fs'\nexport const r: unknown = readFileSync"),
  ],
  [
    'an op that imports a Node module without the prefix',
    'node',
    source("export const r: Promise<unknown> = import('fs/promises')"),
  ],
  ['an import that leaves the package', 'inside', source("export { tree } from '../../../core/tree/src/tree.ts'")],
  ['a dependency that is not declared', 'undeclared', source("export { tree } from '@resfn/tree'")],
  ['a test import that is not declared', 'undeclared', source("import 'nothing-known'", `${op}/src/gate.test.ts`)],
  [
    'a dependency that nothing imports',
    'unused',
    manifestOf(op, (m) => ({ ...m, dependencies: { ...m.dependencies, 'fp-ts': 'catalog:' } })),
  ],
  [
    'a devDependency that no test imports',
    'unused',
    manifestOf(op, (m) => ({ ...m, devDependencies: { ...m.devDependencies, 'fp-ts': 'catalog:' } })),
  ],
  [
    'a devDependency that the root has already',
    'unused',
    manifestOf(op, (m) => ({ ...m, devDependencies: { ...m.devDependencies, '@resfn/test-utils': 'workspace:^' } })),
  ],
  [
    'a peer that nothing needs',
    'unused',
    manifestOf('packages/nets', (m) => ({
      ...m,
      peerDependencies: { 'fp-ts': 'catalog:' },
      devDependencies: { 'fp-ts': 'catalog:' },
    })),
  ],
  [
    'a peer of a dependency that is not passed on',
    'peer',
    manifestOf(op, (m) => ({ ...m, peerDependencies: {}, devDependencies: { '@tensorflow/tfjs-core': 'catalog:' } })),
  ],
  ['a peer that is not installed for development', 'peer', manifestOf(op, (m) => ({ ...m, devDependencies: {} }))],
  [
    'a version outside the catalog',
    'versions',
    manifestOf(op, (m) => ({ ...m, peerDependencies: { '@tensorflow/tfjs-core': '^4.22.0' } })),
  ],
  [
    'a workspace dependency pinned to a number',
    'versions',
    manifestOf(op, (m) => ({ ...m, dependencies: { '@resfn/layer': 'workspace:*' } })),
  ],
  [
    'a peer of the workspace with a caret',
    'versions',
    manifestOf(op, (m) => ({ ...m, peerDependencies: { ...m.peerDependencies, '@resfn/layer': 'workspace:^' } })),
  ],
  [
    'a TypeScript reference that is missing',
    'references',
    (read) => ({ [`${op}/tsconfig.json`]: edit(read(`${op}/tsconfig.json`), (t) => ({ ...t, references: [] })) }),
  ],
  [
    'a package that the root tsconfig leaves out',
    'references',
    () => ({ 'tsconfig.json': json({ files: [], references: [] }) }),
  ],
  ['a name that is not the folder', 'manifest', manifestOf(op, (m) => ({ ...m, name: '@resfn/gates' }))],
  ['a manifest without sideEffects', 'manifest', manifestOf(op, (m) => ({ ...m, sideEffects: undefined }))],
  ['a manifest with another engine', 'manifest', manifestOf(op, (m) => ({ ...m, engines: { node: '>=18' } }))],
  ['a manifest with another licence', 'manifest', manifestOf(op, (m) => ({ ...m, license: 'ISC' }))],
  ['a manifest of CommonJS', 'manifest', manifestOf(op, (m) => ({ ...m, type: 'commonjs' }))],
  ['a manifest that leaves out the sources', 'manifest', manifestOf(op, (m) => ({ ...m, files: ['dist'] }))],
  ['keys out of order', 'order', manifestOf(op, ({ name, ...m }) => ({ ...m, name }))],
  [
    'exports without the source condition',
    'exports',
    manifestOf(op, (m) => ({ ...m, exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } } })),
  ],
  [
    'a sub-path whose types belong to another file',
    'exports',
    manifestOf('packages/nets', (m) => ({
      ...m,
      exports: { ...m.exports, './small': { ...m.exports['./small'], types: './dist/index.d.ts' } },
    })),
  ],
  [
    'a sub-path whose source does not exist',
    'exports',
    manifestOf('packages/nets', (m) => ({
      ...m,
      exports: {
        ...m.exports,
        './big': { '@resfn/source': './src/big.ts', types: './dist/big.d.ts', default: './dist/big.js' },
      },
    })),
  ],
  [
    'published exports of its own',
    'manifest',
    manifestOf(op, (m) => ({ ...m, publishConfig: { ...m.publishConfig, exports: m.exports } })),
  ],
  ['an index that exports nothing', 'index', () => ({ [`${op}/src/index.ts`]: 'export {}\n' })],
  ['an index with code', 'index', source('export const two: number = 2', `${op}/src/index.ts`)],
  [
    'a main export under another name',
    'main-export',
    () => ({ [`${op}/src/index.ts`]: "export { gate as gates } from './gate.ts'\n" }),
  ],
  [
    'an umbrella that forgets a package',
    'umbrella',
    () => ({ 'packages/resfn/src/index.ts': "export * as tree from '@resfn/tree'\n" }),
  ],
  [
    'an umbrella that forgets a dependency',
    'umbrella',
    manifestOf('packages/resfn', (m) => ({ ...m, dependencies: { '@resfn/tree': 'workspace:^' } })),
  ],
  ['an umbrella with code', 'umbrella', () => ({ 'packages/resfn/src/extra.ts': 'export const one: number = 1\n' })],
  ['a package without a test', 'tests', () => ({ [`${op}/src/gate.test.ts`]: undefined })],
  ['a default export', 'default-export', source('export default 1')],
  ['an interface', 'interface', source('export interface Params { readonly weight: number }')],
  ['a file that does not parse', 'syntax', source('export const = 1')],
  ['a test left out', 'left-out-test', source(`it.${'skip'}('works', () => {})`, `${op}/src/gate.test.ts`)],
  [
    'a test that shuts out the others',
    'left-out-test',
    source(`describe.${'only'}('works', () => {})`, `${op}/src/gate.test.ts`),
  ],
  ['a test yet to be written', 'left-out-test', source(`it.${'todo'}('works')`, `${op}/src/gate.test.ts`)],
  ['a file that is too long', 'length', source('//\n'.repeat(360))],
  ['a comment that is too wide', 'width', source(`// ${'word '.repeat(30)}end`)],
  ['a package without a README', 'readme', () => ({ [`${op}/README.md`]: undefined })],
  [
    'a README without a section',
    'readme',
    (read) => ({ [`${op}/README.md`]: read(`${op}/README.md`).replace('## Reference', '## Papers') }),
  ],
  [
    'a README with its sections in another order',
    'readme',
    (read) => ({
      [`${op}/README.md`]: read(`${op}/README.md`)
        .replace('## API', '## Swap')
        .replace('## Use', '## API')
        .replace('## Swap', '## Use'),
    }),
  ],
  [
    'a README with another title',
    'readme',
    (read) => ({ [`${op}/README.md`]: read(`${op}/README.md`).replace('# @resfn/gate', '# Gate') }),
  ],
  [
    'a README without an example',
    'readme',
    (read) => ({ [`${op}/README.md`]: read(`${op}/README.md`).replaceAll('```ts', '```js') }),
  ],
  [
    'a README without the picture that there is',
    'picture',
    () => ({ 'docs/pictures/gate-light.svg': '<svg><title>gate</title></svg>\n' }),
  ],
  [
    'a README of the repository that leaves out a package',
    'listed',
    () => ({ 'README.md': '# All\n\n[tree](packages/core/tree/README.md)\n' }),
  ],
  [
    'a link to a file that is not there',
    'link',
    (read) => ({ [`${op}/README.md`]: `${read(`${op}/README.md`)}\n[more](../more.md#part)\n` }),
  ],
  ['a path of one machine', 'machine-path', source(`// see ${['', 'root', 'notes.txt'].join('/')}`)],
  ['the host of a registry', 'registry', () => ({ 'notes.md': `from ${['registry', 'example', 'org'].join('.')}\n` })],
  [
    'a lockfile that names a host',
    'registry',
    () => ({ 'pnpm-lock.yaml': 'resolution: {tarball: https://example.org/a.tgz}\n' }),
  ],
  ['work left undone', 'undone', source(`// ${'TO' + 'DO'}: later`)],
  [
    'an installed package with an install script',
    'install-script',
    () => ({
      'node_modules/.pnpm/native@1.0.0/node_modules/native/package.json': json({
        name: 'native',
        version: '1.0.0',
        scripts: { postinstall: 'make' },
      }),
    }),
  ],
]

describe('a workspace with', () => {
  it.each(violations)('%s breaks the rule %s', (_, rule, change) => {
    const { root } = workspace(change)
    expect(rulesBroken(root)).toContain(rule)
  })
})

describe('a script that pnpm is told to refuse', () => {
  it('breaks no rule: the package works without', () => {
    const { root } = workspace(() => ({
      'pnpm-workspace.yaml': 'packages:\n  - packages/*/*\n\nallowBuilds:\n  native: false\n',
      'node_modules/.pnpm/native@1.0.0/node_modules/native/package.json': json({
        name: 'native',
        version: '1.0.0',
        scripts: { postinstall: 'make' },
      }),
    }))
    expect(rulesBroken(root)).not.toContain('install-script')
  })
})

describe('every finding', () => {
  it('says the file, the problem and how to fix it', () => {
    const { root } = workspace(source('export default 1'))
    expect(check(root)).toEqual([
      { file: `${op}/src/gate.ts`, rule: 'default-export', problem: 'has a default export', fix: 'export it by name' },
    ])
  })
})

describe('exceptions', () => {
  it('lets a test import a backend and a Node module', () => {
    const { root } = workspace((read) => ({
      ...manifestOf(op, (m) => ({
        ...m,
        devDependencies: { ...m.devDependencies, '@tensorflow/tfjs-backend-cpu': 'catalog:' },
      }))(read),
      ...source("import 'node:fs'\nimport '@tensorflow/tfjs-backend-cpu'", `${op}/src/gate.test.ts`)(read),
    }))
    expect(check(root).filter(({ rule }) => rule !== 'order')).toEqual([])
  })

  it('lets a pattern stand for all sub-paths', () => {
    const { root, read } = workspace(
      manifestOf('packages/nets', (m) => ({
        ...m,
        exports: { '.': m.exports['.'], './*': { '@resfn/source': './src/*.ts' }, './package.json': './package.json' },
      })),
    )
    fix(root)
    expect(check(root)).toEqual([])
    expect(JSON.parse(read('packages/nets/package.json')).exports['./*']).toEqual({
      '@resfn/source': './src/*.ts',
      types: './dist/*.d.ts',
      default: './dist/*.js',
    })
  })

  it('lets a package bring the optional peer of a dependency', () => {
    const { root } = workspace((read) => ({
      ...manifestOf('packages/core/layer', (m) => ({
        ...m,
        peerDependencies: { ...m.peerDependencies, 'fp-ts': 'catalog:' },
        peerDependenciesMeta: { 'fp-ts': { optional: true } },
      }))(read),
      ...manifestOf(op, (m) => ({ ...m, dependencies: { ...m.dependencies, 'fp-ts': 'catalog:' } }))(read),
    }))
    expect(check(root).filter(({ rule }) => rule !== 'order')).toEqual([])
  })

  it('lets a package have a version of its own from a catalog with a name', () => {
    const { root } = workspace(
      manifestOf(op, (m) => ({ ...m, devDependencies: { ...m.devDependencies, vitest: 'catalog:old' } })),
    )
    expect(check(root)).toEqual([])
  })

  it('lets a package stay out of the umbrella', () => {
    const { root, read } = workspace(manifestOf('packages/core/layer', (m) => ({ ...m, resfn: { umbrella: false } })))
    expect(rulesBroken(root)).toContain('umbrella')
    fix(root)
    expect(rulesBroken(root)).not.toContain('umbrella')
    expect(read('packages/resfn/src/index.ts')).not.toContain('layer')
  })
})

describe('--fix', () => {
  it('leaves code in a comment as it is', () => {
    const { root } = workspace(source(`/**\n * \`\`\`ts\n * ${'f(1); '.repeat(30)}\n * \`\`\`\n */`))
    expect(rulesBroken(root)).not.toContain('width')
  })

  it('wraps comments that are too wide, and keeps their words', () => {
    const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ')
    const comments = [`// ${words}`, `/** ${words} */`, `/**\n * @param x ${words}\n * - ${words}\n */`]
    const { root, read } = workspace(source(`${comments.join('\n')}\nexport const one: number = 1`))
    fix(root)
    expect(check(root)).toEqual([])
    const text = read(`${op}/src/gate.ts`)
    expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120)
    expect(text.replaceAll(/\n\s*(\/\/|\*)\s+/g, ' ').match(new RegExp(words, 'g'))).toHaveLength(4)
  })

  it('writes all that is the same in every manifest, the order of keys and the references', () => {
    const { root, read } = workspace((read) => ({
      ...manifestOf(op, ({ peerDependencies, dependencies, devDependencies, description, name }) => ({
        ...{ peerDependencies, dependencies, devDependencies, description, name },
        exports: { '.': { '@resfn/source': './src/index.ts' } },
      }))(read),
      'tsconfig.json': json({ files: [], references: [] }),
    }))
    expect(rulesBroken(root).sort()).toEqual(['exports', 'manifest', 'order', 'references'])
    fix(root)
    expect(check(root)).toEqual([])
    expect(JSON.parse(read(`${op}/package.json`))).toEqual(
      JSON.parse(packageFiles('ops', 'gate', rootManifest)[`${op}/package.json`]),
    )
    expect(Object.keys(JSON.parse(read(`${op}/package.json`)))[0]).toBe('name')
    expect(JSON.parse(read('tsconfig.json')).references).toContainEqual({ path: op })
  })
})
