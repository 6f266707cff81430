// @ts-check
// The manifest declares exactly what the sources import, with one version of everything, and tsconfig references follow
// it.
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { packageOf } from '../workspace.mjs'

const fields = ['dependencies', 'peerDependencies', 'optionalDependencies', 'devDependencies']

// All packages share one version. A caret on a peer among them would turn each minor release into a major one:
// changesets counts a peer that leaves its range as a breaking change.
const anyVersion = 'workspace:>=0.0.0'

/** A version of its own, beside the one that all share: `catalog:typedoc`. */
const inNamedCatalog = (range) => /^catalog:./.test(range ?? '')

const versions = (pkg, names) =>
  fields.flatMap((field) =>
    Object.entries(pkg.manifest[field] ?? {}).flatMap(([name, range]) => {
      const wanted = !names.has(name) ? 'catalog:' : field === 'peerDependencies' ? anyVersion : 'workspace:^'
      return range === wanted || (!names.has(name) && inNamedCatalog(range))
        ? []
        : [
            {
              file: `${pkg.dir}/package.json`,
              rule: 'versions',
              problem: `${field} has ${name}: ${range}`,
              fix: `write "${wanted}"${wanted === 'catalog:' ? ' and keep the version in the catalog of pnpm-workspace.yaml' : ''}`,
            },
          ]
    }),
  )

/** Peers that the dependencies of a package, and theirs, ask of whoever installs them: `[name, optional]`. */
const inheritedPeers = (pkg, byName, seen = new Set()) =>
  Object.keys(pkg.manifest.dependencies ?? {}).flatMap((name) => {
    const other = byName.get(name)
    if (other === undefined || seen.has(name)) return []
    seen.add(name)
    const peers = Object.keys(other.manifest.peerDependencies ?? {})
    return [
      ...peers.map((peer) => [peer, other.manifest.peerDependenciesMeta?.[peer]?.optional === true]),
      ...inheritedPeers(other, byName, seen),
    ]
  })

const imported = (sources) =>
  new Set(
    sources
      .flatMap(({ imports }) => imports.flatMap((specifier) => packageOf(specifier) ?? []))
      .filter((name) => !builtinModules.includes(name)),
  )

/** A build tool is used by a script of the manifest (`asc` of assemblyscript) or by a plain file outside src. */
const usedByScript = (pkg, name) =>
  Object.values(pkg.manifest.scripts ?? {}).some((script) => script.includes(name)) || unimported(pkg).includes(name)

/** Types are used where the package that they describe is. */
const described = (name) => name.replace(/^@types\//, '')

/** Dependencies that a package says it needs without an import. */
const unimported = (pkg) => pkg.manifest.resfn?.unimported ?? []

/** What a package declares and imports, as lists of names. */
const namesOf = (pkg, byName, rootManifest) => {
  const declared = (field) => Object.keys(pkg.manifest[field] ?? {})
  const inherited = inheritedPeers(pkg, byName)
  const optional = Object.entries(pkg.manifest.peerDependenciesMeta ?? {}).filter(([, meta]) => meta.optional === true)
  return {
    installed: [...declared('dependencies'), ...declared('optionalDependencies')],
    peers: declared('peerDependencies'),
    optionalPeers: optional.map(([name]) => name),
    development: declared('devDependencies'),
    ofRoot: Object.keys(rootManifest.devDependencies ?? {}),
    inSources: [...imported(pkg.sources.filter(({ test }) => !test))].filter((name) => name !== pkg.manifest.name),
    inTests: [...imported(pkg.sources.filter(({ test }) => test))].filter((name) => name !== pkg.manifest.name),
    // A dependency that is not imported may be there for another one, which takes it if it is installed.
    takenByOthers: inherited.map(([name]) => name),
    neededByOthers: [...new Set(inherited.flatMap(([name, isOptional]) => (isOptional ? [] : [name])))],
  }
}

const without = (names, ...others) => names.filter((name) => !others.some((list) => list.includes(name)))

/** Imports that the manifest does not declare: `[problem, fix]`. */
const undeclared = (pkg, { installed, peers, development, ofRoot, inSources, inTests }) => {
  const tools = pkg.isPublic ? [] : [...development, ...ofRoot]
  return [
    ...without(inSources, installed, peers, tools).map((name) => [
      `the sources import ${name}, which is neither a dependency nor a peer`,
      `add ${name} to dependencies (or peerDependencies), then run \`pnpm install\``,
    ]),
    ...without(inTests, installed, peers, development, ofRoot).map((name) => [
      `the tests import ${name}, which is not declared`,
      `add ${name} to devDependencies, then run \`pnpm install\``,
    ]),
  ]
}

/** Declarations that nothing needs. */
const unused = (pkg, names) => {
  const { installed, peers, optionalPeers, development, ofRoot, inSources, inTests } = names
  const idle = pkg.isPublic ? without(installed, inSources, names.takenByOthers, unimported(pkg)) : []
  const idleInTests = pkg.isPublic ? without(development, inSources, inTests, installed, peers) : []
  return [
    ...idle.map((name) => [
      `no source imports the dependency ${name}`,
      'remove it, or make it a devDependency if only tests use it, then run `pnpm install`',
    ]),
    ...without(peers, inSources, names.neededByOthers, optionalPeers).map((name) => [
      `neither the sources nor a dependency need the peer ${name}`,
      'remove it, then run `pnpm install`',
    ]),
    ...idleInTests
      .filter(
        (name) =>
          !usedByScript(pkg, name) && !inSources.includes(described(name)) && !inTests.includes(described(name)),
      )
      .map((name) => [`no test imports the devDependency ${name}`, 'remove it, then run `pnpm install`']),
    ...development
      .filter((name) => ofRoot.includes(name) && !inNamedCatalog(pkg.manifest.devDependencies[name]))
      .map((name) => [
        `the devDependency ${name} is one of the workspace already`,
        'remove it here: the tests of every package find it at the root',
      ]),
  ]
}

/** Peers that are not passed on, or not there for the tests. */
const peerProblems = (pkg, { installed, peers, optionalPeers, development, neededByOthers }) => [
  ...without(pkg.isPublic ? neededByOthers : [], installed, peers).map((name) => [
    `a dependency needs the peer ${name}`,
    `add ${name} to peerDependencies and devDependencies`,
  ]),
  ...without(peers, development, optionalPeers).map((name) => [
    `the peer ${name} is not installed for development`,
    `add ${name} to devDependencies too`,
  ]),
]

const declarations = (pkg, byName, rootManifest) => {
  const names = namesOf(pkg, byName, rootManifest)
  const findings = (rule, problems) =>
    problems.map(([problem, fix]) => ({ file: `${pkg.dir}/package.json`, rule, problem, fix }))
  return [
    ...findings('undeclared', undeclared(pkg, names)),
    ...findings('unused', unused(pkg, names)),
    ...findings('peer', peerProblems(pkg, names)),
  ]
}

const expectedReferences = (pkg, byName) =>
  [...Object.keys(pkg.manifest.dependencies ?? {}), ...Object.keys(pkg.manifest.peerDependencies ?? {})]
    .flatMap((name) => byName.get(name)?.dir ?? [])
    .map((dir) => posix.relative(pkg.dir, dir))
    .sort()

const sameSet = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort())

const references = (file, tsconfig, expected) => {
  const actual = (tsconfig.references ?? []).map(({ path }) => path)
  if (sameSet(actual, expected)) return []
  const missing = expected.filter((path) => !actual.includes(path))
  const extra = actual.filter((path) => !expected.includes(path))
  const parts = [
    missing.length > 0 ? `lacks ${missing.join(', ')}` : '',
    extra.length > 0 ? `has ${extra.join(', ')} too many` : '',
    new Set(actual).size < actual.length ? 'has one twice' : '',
  ]
  return [
    {
      file,
      rule: 'references',
      problem: `references ${parts.filter(Boolean).join(' and ')}`,
      fix: 'run `pnpm check --fix`',
      patch: { ...tsconfig, references: expected.map((path) => ({ path })) },
    },
  ]
}

export const dependencies = ({ packages, manifest, tsconfig }) => {
  const byName = new Map(packages.map((pkg) => [pkg.manifest.name, pkg]))
  const names = new Set(byName.keys())
  const built = packages.filter(({ isPublic }) => isPublic)
  return [
    ...packages.flatMap((pkg) => [...versions(pkg, names), ...declarations(pkg, byName, manifest)]),
    ...built.flatMap((pkg) =>
      pkg.tsconfig === undefined
        ? [
            {
              file: `${pkg.dir}/tsconfig.json`,
              rule: 'references',
              problem: 'is missing',
              fix: 'copy the one of a sibling, then run `pnpm check --fix`',
            },
          ]
        : references(`${pkg.dir}/tsconfig.json`, pkg.tsconfig, expectedReferences(pkg, byName)),
    ),
    ...references(
      'tsconfig.json',
      tsconfig,
      built.map(({ dir }) => dir),
    ),
  ]
}
