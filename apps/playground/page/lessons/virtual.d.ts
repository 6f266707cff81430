/** What plugin.ts makes: the lessons in the order of the course. */
declare module 'virtual:lessons' {
  /** HTML before what is measured, between it and the code, and after the code. */
  type LessonText = {
    readonly title: string
    readonly before: string
    readonly between: string
    readonly after: string
  }
  export const lessons: readonly {
    readonly name: string
    readonly code: string
    readonly texts: { readonly en: LessonText; readonly zh: LessonText }
  }[]
}
