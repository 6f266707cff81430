// @ts-check
// How TypeDoc shows this repository: READMEs on the pages of their packages, addresses by the names of packages and
// documents, and the contents of contents.mjs beside every page.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BaseRouter, Converter, DefaultTheme, IndexEvent, MinimalSourceFile, PageEvent } from 'typedoc'
import { root } from '../../scripts/run.mjs'

/** @typedef {import('typedoc').Reflection} Reflection */

/** Stands in a link for the page that the site is beside. */
export const thePage = 'resfn:page/'

const absolute = (/** @type {string} */ path) =>
  /** @type {import('typedoc').NormalizedPath} */ (join(root, path).replaceAll('\\', '/'))

/** The text of a README below its title, which the page has already. */
const withoutTitle = (/** @type {string} */ text) => text.replace(/^# .*\n+/, '')

/**
 * @param {import('typedoc').Application} app
 * @param {ReturnType<typeof import('./contents.mjs').readContents>} contents
 */
export const showRepository = (app, contents) => {
  /** @type {Map<Reflection, (typeof contents)[number]>} */
  const places = new Map()
  /** @type {Map<Reflection, string>} */
  const readmes = new Map()

  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project, converter }) => {
    const known = new Map(contents.map((part) => [absolute(part.path), part]))
    for (const reflection of project.childrenIncludingDocuments ?? []) {
      const part = known.get(/** @type {never} */ (project.files.getReflectionPath(reflection)))
      if (part === undefined) throw new Error(`${reflection.name} is not part of the contents`)
      reflection.name = part.title
      places.set(reflection, part)
      if (part.readme === undefined || !reflection.isDeclaration()) continue
      const file = absolute(part.readme)
      const text = withoutTitle(readFileSync(file, 'utf8'))
      reflection.readme = converter.parseRawComment(new MinimalSourceFile(text, file), project.files).content
      readmes.set(reflection, text)
      for (const path of [file, absolute(dirname(part.readme))]) project.files.registerReflectionPath(path, reflection)
    }
  })

  app.renderer.defineRouter(
    'resfn',
    class extends BaseRouter {
      /**
       * @override
       * @param {Reflection} reflection
       */
      getIdealBaseName(reflection) {
        const { parent } = reflection
        return (
          places.get(reflection)?.address ??
          `${this.getIdealBaseName(/** @type {Reflection} */ (parent))}/${this.getUrlSafeName(reflection.name)}`
        )
      }
    },
  )

  app.renderer.defineTheme(
    'resfn',
    class extends DefaultTheme {
      /** @override */
      buildNavigation() {
        const rank = ([, part]) => contents.indexOf(part)
        const inOrder = [...places].sort((a, b) => rank(a) - rank(b))
        const parts = inOrder.map(([reflection, { label, group }]) => ({
          reflection,
          group,
          /** @type {import('typedoc').NavigationElement} */
          shown: { text: label, path: this.router.getFullUrl(reflection), kind: reflection.kind },
        }))
        // What a package exports by a longer specifier is below it.
        const above = (/** @type {Reflection} */ { name }) =>
          parts.findLast(({ reflection }) => name.startsWith(`${reflection.name}/`))
        for (const { reflection, shown } of parts) {
          const owner = above(reflection)
          if (owner === undefined) continue
          shown.text = reflection.name.slice(owner.reflection.name.length + 1)
          owner.shown.children = [...(owner.shown.children ?? []), shown]
        }
        const order = contents.map(({ group }) => group)
        return [...new Set(order)].map((group) => ({
          text: group,
          children: parts
            .filter((part) => part.group === group && above(part.reflection) === undefined)
            .map(({ shown }) => shown),
        }))
      }
    },
  )

  // A package is found by the words of its README as well.
  app.renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    for (const [i, reflection] of event.searchResults.entries()) {
      const text = readmes.get(reflection)
      if (text !== undefined) event.searchFields[i] = { ...event.searchFields[i], document: text }
    }
  })

  app.renderer.on(PageEvent.END, (page) => {
    const up = '../'.repeat(page.url.split('/').length)
    const isChinese = places.get(/** @type {Reflection} */ (page.model))?.path.endsWith('.zh.md') === true
    page.contents = page.contents
      ?.replace(' lang="en"', isChinese ? ' lang="zh-CN"' : ' lang="en"')
      .replaceAll(`"${thePage}"`, `"${up}"`)
      .replaceAll('<table>', '<div class="wide"><table>')
      .replaceAll('</table>', '</table></div>')
      // A module is a package, whose name says so.
      .replace('<h1>Module @', '<h1>@')
      // What opens and closes a section can hold no link.
      .replaceAll(/<summary.*?<\/summary>/gs, (summary) =>
        summary.replace(/<a [^>]*class="tsd-anchor-icon".*?<\/a>/s, ''),
      )
  })
}
