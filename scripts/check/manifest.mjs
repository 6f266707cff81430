// One shape for every package.json: the order of keys, the required values, and exports that end up the same in the published tarball.
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

/** The exports as they are published: without the condition that leads to the sources. */
export const publishedExports = (exports) =>
  isRecord(exports)
    ? Object.fromEntries(
        Object.entries(exports)
          .filter(([condition]) => condition !== '@resfn/source')
          .map(([key, value]) => [key, publishedExports(value)]),
      )
    : exports

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)

/** Every set of conditions: `@resfn/source` first, then `types`, `default` last, all three for the same file. */
const entryProblems = (path, entry, root, dir) => {
  if (!isRecord(entry))
    return existsOr(root, dir, entry) ? [] : [`exports["${path}"] names ${entry}, which does not exist`]
  const keys = Object.keys(entry)
  if (!('@resfn/source' in entry))
    return keys.flatMap((key) =>
      isRecord(entry[key])
        ? entryProblems(`${path}" under "${key}`, entry[key], root, dir)
        : [`exports["${path}"] has no "@resfn/source"`],
    )
  const source = entry['@resfn/source']
  const [, name] = /^\.\/src\/(.+)\.ts$/.exec(source) ?? []
  if (name === undefined) return [`exports["${path}"]["@resfn/source"] is ${source}, not ./src/….ts`]
  return [
    ...(existsSync(join(root, dir, source)) ? [] : [`exports["${path}"] names ${source}, which does not exist`]),
    ...(keys[0] === '@resfn/source' && keys[1] === 'types' && keys.at(-1) === 'default'
      ? []
      : [`exports["${path}"] has the conditions ${keys.join(', ')}; the order is @resfn/source, types, default`]),
    ...(entry.types === `./dist/${name}.d.ts`
      ? []
      : [`exports["${path}"].types is ${entry.types}, not ./dist/${name}.d.ts`]),
    ...(entry.default === `./dist/${name}.js`
      ? []
      : [`exports["${path}"].default is ${entry.default}, not ./dist/${name}.js`]),
  ]
}

const existsOr = (root, dir, target) =>
  target.includes('*') || target.startsWith('./dist/') || existsSync(join(root, dir, target))

const nameOf = ({ folder, isUmbrella }) => (isUmbrella ? folder : `@resfn/${folder}`)

const values = ({ root, manifest: rootManifest }, pkg) => {
  const { manifest } = pkg
  const wanted = [
    [manifest.name === nameOf(pkg), `name is ${manifest.name}`, `name it ${nameOf(pkg)}, like its folder`],
    [
      /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(pkg.folder),
      `the folder ${pkg.folder} is not kebab-case`,
      'rename folder and package',
    ],
    [
      /^\d+\.\d+\.\d+/.test(manifest.version ?? ''),
      `version is ${manifest.version}`,
      'write "0.0.0"; changesets sets the version',
    ],
    [
      (manifest.description ?? '').length > 10 && !manifest.description.endsWith('.'),
      'the description is missing, too short or ends in a full stop',
      'say in a phrase what the package is',
    ],
    [Array.isArray(manifest.keywords) && manifest.keywords.length > 0, 'keywords are missing', 'add "keywords"'],
    [manifest.license === rootManifest.license, `license is ${manifest.license}`, `write "${rootManifest.license}"`],
    [manifest.type === 'module', `type is ${manifest.type}`, 'write "type": "module"'],
    [
      manifest.sideEffects === false || Array.isArray(manifest.sideEffects),
      `sideEffects is ${JSON.stringify(manifest.sideEffects)}`,
      'write false, or the list of files that register something on import',
    ],
    [
      same(manifest.engines, rootManifest.engines),
      `engines is ${JSON.stringify(manifest.engines)}`,
      `write ${JSON.stringify(rootManifest.engines)}`,
    ],
    [
      ['dist', 'src', '!dist/.tsbuildinfo', '!src/**/*.test.ts'].every((entry) => manifest.files?.includes(entry)),
      `files is ${JSON.stringify(manifest.files)}`,
      'list "dist", "src", "!dist/.tsbuildinfo" and "!src/**/*.test.ts"',
    ],
    [
      manifest.exports?.['./package.json'] === './package.json',
      'exports lacks ./package.json',
      'add "./package.json": "./package.json"',
    ],
    [manifest.exports?.['.'] !== undefined, 'exports lacks "."', 'add the entry "."'],
    [
      manifest.publishConfig?.access === 'public',
      `publishConfig.access is ${manifest.publishConfig?.access}`,
      'write "access": "public"',
    ],
    [/\btsc -b\b/.test(manifest.scripts?.build ?? ''), `scripts.build is ${manifest.scripts?.build}`, 'write "tsc -b"'],
  ]
  const file = `${pkg.dir}/package.json`
  return [
    ...wanted.flatMap(([ok, problem, fix]) => (ok ? [] : [{ file, rule: 'manifest', problem, fix }])),
    ...Object.entries(manifest.exports ?? {})
      .flatMap(([path, entry]) => entryProblems(path, entry, root, pkg.dir))
      .map((problem) => ({
        file,
        rule: 'exports',
        problem,
        fix: 'write { "@resfn/source": "./src/x.ts", "types": "./dist/x.d.ts", "default": "./dist/x.js" }',
      })),
    ...(same(manifest.publishConfig?.exports, publishedExports(manifest.exports))
      ? []
      : [
          {
            file,
            rule: 'exports',
            problem: 'publishConfig.exports is not exports without "@resfn/source"',
            fix: 'run `pnpm check --fix`',
            patch: {
              ...manifest,
              publishConfig: { ...manifest.publishConfig, exports: publishedExports(manifest.exports) },
            },
          },
        ]),
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
