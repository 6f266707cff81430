import type { ReportData } from './data.ts'
import { html, Html, none, type Part } from './html.ts'
import { style } from './style.ts'

/** What stands above a page. */
export type PageHead = Pick<ReportData, 'title' | 'subtitle' | 'warnings' | 'headline'>

/** A part of a page with its heading. */
export const section = (title: string, note: string, ...body: readonly Part[]): Html =>
  html`<section>
    <h2>${title}</h2>
    ${note === '' ? none : html`<p>${note}</p>`}${body}
  </section> `

/** A box. */
export const card = (...body: readonly Part[]): Html => html`<div class="card">${body}</div>`

const header = ({ title, subtitle = '', warnings = [], headline }: PageHead): Html =>
  html`<header>
      <h1>${title}</h1>
      ${subtitle === '' ? none : html`<p>${subtitle}</p>`}
    </header>
    ${warnings.map((text) => html`<p class="warning">${text}</p> `)}
    <dl class="headline">
      ${headline.map(
        ({ name, value }) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl> `

// The page holds data that others may have written: nothing in it is run, and nothing is loaded.
const policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

/** The text of a page that needs no other file, runs no script and follows the reader's light or dark setting. */
export const page = (head: PageHead, body: Part): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${head.title}</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <main>
          ${header(head)}${body}
          <footer>Written by resfn.</footer>
        </main>
      </body>
    </html> `.markup
