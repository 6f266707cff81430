// @ts-check
// One shape for every package.json. `pnpm check --fix` writes what is the same everywhere, so a manifest begins with a
// few lines: its name, description and dependencies.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const order = [
  'name',
  'version',
  'private',
  'description',
  'keywords',
  'homepage',
  'bugs',
  'repository',
  'funding',
  'license',
  'author',
  'type',
  'sideEffects',
  'engines',
  'bin',
  'files',
  'exports',
  'imports',
  'publishConfig',
  'scripts',
  'peerDependencies',
  'peerDependenciesMeta',
  'dependencies',
  'optionalDependencies',
  'devDependencies',
  'resfn',
]

const rank = (key) => (order.includes(key) ? order.indexOf(key) : order.length)

/** The manifest with its keys, and the names of its dependencies, in order. */
export const inOrder = (manifest) => {
  const byName = (record) => Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return Object.fromEntries(
    Object.keys(manifest)
      .sort((a, b) => rank(a) - rank(b))
      .map((key) => [key, /[dD]ependencies$/.test(key) ? byName(manifest[key]) : manifest[key]]),
  )
}

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

/**
 * The conditions of one entry. `@resfn/source` is published too: only who asks for it by name gets TypeScript, and
 * `src` is shipped.
 *
 * @param {string} name the path of the source below `src`, without `.ts`
 */
const entryOf = (name) => ({
  '@resfn/source': `./src/${name}.ts`,
  types: `./dist/${name}.d.ts`,
  default: `./dist/${name}.js`,
})

const files = ['dist', 'src', '!dist/.tsbuildinfo', '!src/**/*.test.ts', '!src/**/fixtures']

const nameOf = ({ folder, isUmbrella }) => (isUmbrella ? folder : `@resfn/${folder}`)

/** What every manifest has, whatever else it says. */
const fixed = (rootManifest) => ({
  license: rootManifest.license,
  type: 'module',
  engines: rootManifest.engines,
  publishConfig: { access: 'public' },
})

/** What a manifest has unless it says something else. */
const defaults = () => ({
  version: '0.0.0',
  keywords: ['tensorflow.js', 'resnet', 'residual', 'functional'],
  sideEffects: false,
  files,
  exports: { '.': entryOf('index'), './package.json': './package.json' },
  scripts: { build: 'tsc -b' },
})

/** The exports with every entry that names a source written out in full. */
const completeExports = (exports) =>
  isRecord(exports)
    ? Object.fromEntries(
        Object.entries(exports).map(([key, value]) => {
          const [, name] = /^\.\/src\/(.+)\.ts$/.exec(value?.['@resfn/source'] ?? '') ?? []
          return [key, name === undefined ? completeExports(value) : entryOf(name)]
        }),
      )
    : exports

/** The manifest as it should be; what only its author can know is left as it is. */
export const complete = (manifest, rootManifest) => {
  const given = Object.fromEntries(Object.entries(manifest).filter(([, value]) => value !== undefined))
  const whole = { ...defaults(), ...given, ...fixed(rootManifest) }
  const listed = Array.isArray(whole.files) ? whole.files : []
  return inOrder({
    ...whole,
    files: [...listed, ...files.filter((entry) => !listed.includes(entry))],
    exports: { ...completeExports(whole.exports), './package.json': './package.json' },
  })
}

/** Sources that the exports name, each with its path. */
const namedSources = (exports) =>
  isRecord(exports)
    ? Object.entries(exports).flatMap(([key, value]) => (key === '@resfn/source' ? [value] : namedSources(value)))
    : []

/** What only the author can fix: `[holds, rule, problem, fix]`. */
const judged = (pkg, root) => {
  const { folder, manifest } = pkg
  const entries = Object.entries(manifest.exports ?? {}).filter(([path]) => path !== './package.json')
  return [
    [manifest.name === nameOf(pkg), 'manifest', `name is ${manifest.name}`, `name it ${nameOf(pkg)}, like its folder`],
    [
      /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(folder),
      'manifest',
      `the folder ${folder} is not kebab-case`,
      'rename folder and package',
    ],
    [
      (manifest.description ?? '').length > 10 && !manifest.description.endsWith('.'),
      'manifest',
      'the description is missing, too short or ends in a full stop',
      'say in a phrase what the package is',
    ],
    [
      /\btsc -b\b/.test(manifest.scripts?.build ?? 'tsc -b'),
      'manifest',
      `scripts.build is ${manifest.scripts?.build}`,
      'write "tsc -b"',
    ],
    ...entries.map(([path, entry]) => [
      namedSources(entry).length > 0,
      'exports',
      `exports["${path}"] leads to no source`,
      'write { "@resfn/source": "./src/x.ts" }, then run `pnpm check --fix`',
    ]),
    ...namedSources(manifest.exports).map((source) => [
      existsSync(join(root, pkg.dir, source.split('*')[0])),
      'exports',
      `exports names ${source}, which does not exist`,
      'correct the path',
    ]),
  ]
}

const values = ({ root, manifest: rootManifest }, pkg) => {
  const file = `${pkg.dir}/package.json`
  const whole = complete(pkg.manifest, rootManifest)
  return [
    ...judged(pkg, root).flatMap(([holds, rule, problem, fix]) => (holds ? [] : [{ file, rule, problem, fix }])),
    ...Object.keys(whole)
      .filter((key) => !/[dD]ependencies$/.test(key) && !same(whole[key], pkg.manifest[key]))
      .map((key) => ({
        file,
        rule: key === 'exports' ? 'exports' : 'manifest',
        problem: `${key} is ${JSON.stringify(pkg.manifest[key])}`,
        fix: `run \`pnpm check --fix\`, which writes ${JSON.stringify(whole[key])}`,
        patch: whole,
      })),
  ]
}

export const manifest = (workspace) =>
  workspace.packages.flatMap((pkg) => {
    const file = `${pkg.dir}/package.json`
    const ordered = inOrder(pkg.manifest)
    const unknown = Object.keys(pkg.manifest).filter((key) => pkg.isPublic && !order.includes(key))
    return [
      ...(pkg.isPublic
        ? values(workspace, pkg)
        : pkg.manifest.type === 'module'
          ? []
          : [{ file, rule: 'manifest', problem: `type is ${pkg.manifest.type}`, fix: 'write "type": "module"' }]),
      ...unknown.map((key) => ({
        file,
        rule: 'manifest',
        problem: `has the unknown key ${key}`,
        fix: 'remove it, or add it to the order in scripts/check/manifest.mjs',
      })),
      ...(same(ordered, pkg.manifest)
        ? []
        : [
            {
              file,
              rule: 'order',
              problem: 'keys or dependencies are out of order',
              fix: 'run `pnpm check --fix`',
              patch: ordered,
            },
          ]),
    ]
  })
