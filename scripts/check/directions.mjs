// @ts-check
// Who may import whom. A package imports only from the groups below it; the table is the architecture.
import { builtinModules } from 'node:module'
import { packageOf } from '../workspace.mjs'

const core = ['core/tree', 'core/random', 'core/options', 'core/primitive']

/** What the sources (not the tests) of a package or a group may import from this workspace. */
const allowed = {
  'core/tree': [],
  'core/random': [],
  'core/options': [],
  'core/primitive': [],
  'core/layer': core,
  'core/autodiff': core,
  'core/recompute': [...core, 'core/layer', 'core/autodiff'],
  'core/trace': [...core, 'core/layer'],
  'core/net-graph': ['core/layer'],
  core,
  ops: [...core, 'core/layer', 'ops'],
  blocks: [...core, 'core/layer', 'ops', 'blocks'],
  archs: [...core, 'core/layer', 'ops', 'blocks'],
  formats: ['formats'],
  io: ['formats', 'io'],
  'io/decode-image': ['formats', 'io', 'data/preprocessing'],
  data: ['core/tree', 'core/random', 'core/options', 'formats', 'io', 'data'],
  // It looks at nets by path, so it stands on surgery.
  'train/class-activation': [...core, 'core/layer', 'core/autodiff', 'ops', 'blocks'],
  train: [...core, 'core/layer', 'core/autodiff', 'formats', 'data', 'train'],
  weights: [...core, 'core/layer', 'core/trace', 'archs', 'formats', 'weights'],
  'weights/inference': [...core, 'core/layer', 'core/trace', 'ops'],
  'weights/hub': [...core, 'core/layer', 'archs', 'formats', 'io', 'data', 'weights'],
  // Trained weights as files, and where they lie.
  nets: [],
  backend: [...core, 'formats', 'backend'],
  // What it measured is kept beside what was fetched.
  'backend/runtime': [...core, 'formats', 'backend', 'io/cache'],
  // What it built is kept there too.
  'backend/native': [...core, 'formats', 'backend', 'io/cache'],
  parallel: [...core, 'core/layer', 'core/autodiff', 'ops', 'formats', 'data', 'train', 'parallel'],
  lessons: [...core, 'core/layer', 'core/autodiff', 'core/recompute', 'ops', 'blocks', 'archs', 'data', 'train'],
  resfn: ['core', 'ops', 'blocks', 'archs', 'formats', 'data', 'train', 'weights', 'backend'],
  cli: [
    'core',
    'ops',
    'blocks',
    'archs',
    'formats',
    'io',
    'data',
    'train',
    'weights',
    'nets',
    'backend',
    'parallel',
    'apps',
    'lessons',
  ],
}

const anything = new Set(['apps', 'bench', 'internal'])
const mayChooseBackend = new Set(['backend', 'cli', 'apps', 'bench', 'internal'])
const withoutNode = new Set([
  'core',
  'ops',
  'blocks',
  'archs',
  'train',
  'formats',
  'weights',
  'nets',
  'resfn',
  'data/augment',
  'data/batches',
  'data/preprocessing',
  'data/transforms',
  'data/fashion-mnist-subset',
  'data/imagenet-classes',
])
/** What fetches and opens files, in a group that does not. */
const withNode = new Set(['weights/hub'])
const isBackend = (specifier) =>
  /^@tensorflow\/tfjs(-backend-[\w-]+|-node(-gpu)?|-layers)?$/.test(packageOf(specifier) ?? '')
const isNode = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0])

const keyOf = (pkg) => `${pkg.group}/${pkg.folder}`

export const directions = ({ packages }) => {
  const byName = new Map(packages.map((pkg) => [pkg.manifest.name, pkg]))
  return packages.flatMap((pkg) => {
    const targets = allowed[keyOf(pkg)] ?? allowed[pkg.group]
    return pkg.sources.flatMap((source) =>
      source.imports.flatMap((specifier) => {
        const finding = (rule, problem, fix) => [{ file: source.path, rule, problem, fix }]
        if (specifier.startsWith('.')) {
          const target = new URL(specifier, `file:///${source.path}`).pathname.slice(1)
          // Tests of apps start browsers and servers as those of the workspace do.
          const isTool = source.test && pkg.group === 'apps' && target.startsWith('scripts/')
          return isTool || target.startsWith(`${pkg.dir}/`)
            ? []
            : finding(
                'inside',
                `imports '${specifier}', which lies outside the package`,
                'import the other package by its name',
              )
        }
        if (source.test || anything.has(pkg.group)) return []
        const other = byName.get(packageOf(specifier))
        if (
          other !== undefined &&
          other !== pkg &&
          targets !== undefined &&
          !targets.includes(keyOf(other)) &&
          !targets.includes(other.group)
        ) {
          return finding(
            'direction',
            `${keyOf(pkg)} may not import ${keyOf(other)}`,
            `${pkg.group} may import ${targets.length > 0 ? targets.join(', ') : 'nothing of this workspace'}; move the code to the higher group, or pass the function as an argument`,
          )
        }
        if (isBackend(specifier) && !mayChooseBackend.has(pkg.group)) {
          return finding(
            'backend',
            `imports '${specifier}'`,
            `only ${[...mayChooseBackend].join(', ')} and tests choose a backend; import @tensorflow/tfjs-core`,
          )
        }
        if (pkg.group === 'formats' && packageOf(specifier)?.startsWith('@tensorflow/')) {
          return finding(
            'direction',
            `imports '${specifier}'`,
            'a file format knows bytes and typed arrays, no tensors',
          )
        }
        if (
          isNode(specifier) &&
          (withoutNode.has(pkg.group) || withoutNode.has(keyOf(pkg))) &&
          !withNode.has(keyOf(pkg))
        ) {
          return finding(
            'node',
            `imports '${specifier}'`,
            `${keyOf(pkg)} runs in browsers too; take what you need as an argument`,
          )
        }
        return []
      }),
    )
  })
}
