// @ts-check
import { posix } from 'node:path'

// READMEs follow one outline, links lead somewhere, and nothing committed names a machine, a package registry, or work
// left undone.
const outline = [
  ['What is this?', true],
  ['When to use it', true],
  ['Install', true],
  ['Use', true],
  ['API', true],
  ['Parameters and shapes', false],
  ['Reference', true],
]

const headings = (text) => {
  const prose = text.replaceAll(/^(```|~~~)[\s\S]*?^\1\s*$/gm, '')
  return [...prose.matchAll(/^(#{1,2}) (.+?)\s*$/gm)].map(([, level, title]) => ({
    level: level.length,
    title: title.replaceAll('`', ''),
  }))
}

const readme = (pkg) => {
  const file = `${pkg.dir}/README.md`
  const finding = (problem, fix) => ({ file, rule: 'readme', problem, fix })
  if (pkg.readme === undefined) return [finding('is missing', 'write it by the outline in CONTRIBUTING.md')]
  const [title, ...rest] = headings(pkg.readme)
  const sections = rest.filter(({ level }) => level === 2).map((heading) => heading.title)
  const known = outline.map(([name]) => name)
  const present = sections.filter((name) => known.includes(name))
  return [
    ...(title?.level === 1 && title.title === pkg.manifest.name
      ? []
      : [finding(`starts with "${title?.title}"`, `start with "# ${pkg.manifest.name}"`)]),
    ...outline
      .filter(([name, required]) => required && !sections.includes(name))
      .map(([name]) => finding(`lacks the section "${name}"`, `add "## ${name}"`)),
    ...(JSON.stringify(present) === JSON.stringify(known.filter((name) => present.includes(name)))
      ? []
      : [finding(`has its sections in the order ${present.join(', ')}`, `the order is ${known.join(', ')}`)]),
    ...(/^```ts$/m.test(pkg.readme)
      ? []
      : [finding('has no ```ts block', 'show the package in use; the block is run as a test')]),
  ]
}

const text =
  /\.(ts|tsx|mts|mjs|js|json|jsonc|md|yaml|yml|html|css|sh|py|toml)$|(^|\/)(\.gitignore|\.npmrc|LICENSE|run)$/

// The words are put together here so that this file does not find itself.
const forbidden = [
  {
    rule: 'machine-path',
    pattern: new RegExp(`(?<![\\w.:/*-])/(?:${['work', 'root', 'tmp', 'home'].join('|')})/[\\w.]`),
    fix: 'use a path relative to the repository, or os.tmpdir()',
  },
  {
    rule: 'registry',
    pattern: new RegExp(
      `\\b(?:${['registry', 'npm-proxy', 'artifactory'].join('|')})\\.[a-z0-9-]+\\.[a-z]{2,}|^\\s*registry\\s*=`,
      'm',
    ),
    fix: 'leave the registry to the settings of whoever installs',
  },
  {
    rule: 'undone',
    pattern: new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`),
    fix: 'do it, or open an issue',
  },
]

/** Relative links of a Markdown file, outside of code, without their anchors. */
const links = (content) =>
  [...content.replaceAll(/^(```|~~~)[\s\S]*?^\1\s*$/gm, '').matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)/g)].map(
    ([, target]) => target,
  )

const deadLinks = (files, readText) =>
  files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) =>
      links(readText(file))
        .filter((target) => {
          const path = posix.join(posix.dirname(file), target).replace(/\/$/, '')
          return !files.some((known) => known === path || known.startsWith(`${path}/`))
        })
        .map((target) => ({
          file,
          rule: 'link',
          problem: `links to ${target}, which is not in the repository`,
          fix: 'correct the path, or commit the file (is it ignored?)',
        })),
    )

/** The README of the repository leads to every public package. */
const unlisted = ({ packages, files }, readText) => {
  if (!files.includes('README.md')) return []
  const text = readText('README.md')
  const listed = links(text)
  return packages
    .filter(({ isPublic, dir }) => isPublic && !listed.includes(`${dir}/README.md`))
    .map(({ dir, group, folder }) => {
      const row = new RegExp(`^(\\| ${group} \\| .*\\)) \\|$`, 'm')
      return {
        file: 'README.md',
        rule: 'listed',
        problem: `does not lead to ${dir}/README.md`,
        fix: 'run `pnpm check --fix`, or add the package to the table of packages',
        patch: row.test(text) ? text.replace(row, `$1, [${folder}](${dir}/README.md) |`) : undefined,
      }
    })
}

export const prose = ({ packages, files }, readText) => [
  ...unlisted({ packages, files }, readText),
  ...packages.filter(({ isPublic }) => isPublic).flatMap(readme),
  ...files
    .filter((file) => text.test(file) && file !== 'pnpm-lock.yaml')
    .flatMap((file) => {
      const content = readText(file)
      return forbidden.flatMap(({ rule, pattern, fix }) => {
        const match = pattern.exec(content)
        return match === null
          ? []
          : [
              {
                file: `${file}:${content.slice(0, match.index).split('\n').length}`,
                rule,
                problem: `has "${match[0].trim()}"`,
                fix,
              },
            ]
      })
    }),
  ...deadLinks(files, readText),
  ...files
    .filter((file) => file === 'pnpm-lock.yaml' && /https?:\/\//.test(readText(file)))
    .map((file) => ({
      file,
      rule: 'registry',
      problem: 'names a host',
      fix: 'run `pnpm install` with the default registry settings (lockfileIncludeTarballUrl off)',
    })),
]
