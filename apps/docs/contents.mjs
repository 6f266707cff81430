// @ts-check
// What is on the site, as data: the documents and the packages, in the order in which the README of the repository
// names them, and the lessons in that of their course.
import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { root } from '../../scripts/run.mjs'
import { readWorkspace } from '../../scripts/workspace.mjs'

/** Groups of documents before the packages: the files of each, by a pattern of their paths. */
const groupsBefore = [
  { title: 'guides', pattern: /^docs\/guides\/[^/]+\.md$/ },
  { title: 'lessons', pattern: /^docs\/lessons\/.+(?<!\.zh)\.md$/ },
  { title: '课程', pattern: /^docs\/lessons\/.+\.zh\.md$/ },
  {
    title: 'tables and terms',
    pattern: /^(docs\/[^/]+|docs\/results\/.+|(bench|parity|integrations\/vite)\/README|CONTRIBUTING)\.md$/,
  },
]

/** Groups of documents after the packages, or with those of the same group. */
const groupsAfter = [
  { title: 'nets', pattern: /^packages\/nets\/[^/]+\/net\/README\.md$/ },
  // The umbrella only shows what the packages are, which is said where they are.
  { title: 'all in one', pattern: /^packages\/resfn\/README\.md$/ },
]

/** The documents that others are in the order of: of the repository, and of the lessons. */
const leading = ['README.md', 'docs/lessons/README.md', 'docs/lessons/README.zh.md']

const read = (/** @type {string} */ path) => readFileSync(join(root, path), 'utf8')

/** The first heading of a Markdown file, without marks. */
const titleOf = (/** @type {string} */ text) => (/^# (.+)$/m.exec(text)?.[1] ?? '').replaceAll('`', '')

/** `docs/guides/weights.md` is `guides/weights` on the site, `bench/README.md` is `bench/readme`. */
const addressOf = (/** @type {string} */ path) =>
  path
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .toLowerCase()

/** The sources of a package that others may import, by the specifier that imports them. */
const entriesOf = ({ dir, manifest, sources }) =>
  Object.entries(manifest.exports).flatMap(([key, entry]) => {
    const source = entry['@resfn/source']
    if (source === undefined) return []
    const [before, after] = join(dir, source).split('*')
    const specifier = key.replace('.', manifest.name)
    if (after === undefined) return [{ specifier, path: before }]
    return sources.flatMap(({ path, test }) => {
      const part = path.slice(before.length, -after.length)
      const fits = !test && path === `${before}${part}${after}` && part !== '' && !part.includes('/')
      return fits ? [{ specifier: specifier.replace('*', part), path }] : []
    })
  })

/**
 * The documents and the modules of the packages, in the order of the site.
 *
 * @returns {{ path: string, group: string, title: string, label: string, address: string, readme?: string }[]}
 *   `label` is its name in a list; `readme` describes the module, for all that is in its folder
 */
export const readContents = () => {
  const { files, packages } = readWorkspace(root)
  const order = leading
    .filter((file) => files.includes(file))
    .flatMap((file) => {
      const targets = [...read(file).matchAll(/\]\(([^)#:]+)/g)].map(([, target = '']) => target)
      return [file, ...targets.map((target) => posix.join(posix.dirname(file), target))]
    })
  // The last mention is that in a list.
  const rank = (/** @type {string} */ path) => {
    const at = order.lastIndexOf(path)
    return at === -1 ? order.length : at
  }
  const documentsOf = ({ title: group, pattern }) =>
    files
      .filter((path) => pattern.test(path))
      .sort((a, b) => rank(a) - rank(b))
      .map((path) => {
        const title = titleOf(read(path))
        return { path, group, title, label: title, address: addressOf(path) }
      })
  const modulesOf = (pkg) => {
    const entries = entriesOf(pkg)
    // A source that two specifiers name is one module.
    return entries
      .filter(({ path }, i) => entries.findIndex((other) => other.path === path) === i)
      .sort((a, b) => (a.specifier < b.specifier ? -1 : 1))
      .map(({ specifier, path }) => {
        const isMain = specifier === pkg.manifest.name
        return {
          path,
          group: pkg.group,
          title: specifier,
          label: isMain ? pkg.folder : specifier,
          address: specifier.replace('@resfn', 'packages'),
          ...(isMain ? { readme: `${pkg.dir}/README.md` } : {}),
        }
      })
  }
  return [
    ...groupsBefore.flatMap(documentsOf),
    ...packages
      .filter(({ isPublic, isUmbrella }) => isPublic && !isUmbrella)
      .sort((a, b) => rank(`${a.dir}/README.md`) - rank(`${b.dir}/README.md`))
      .flatMap(modulesOf),
    ...groupsAfter.flatMap(documentsOf),
  ]
}
