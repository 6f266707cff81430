import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import type { BackendFlags } from '../run/backend.ts'
import { backendFlags, commonFlags, dataFlag, optional, proposals } from './flags.ts'

export type LessonFlags = CommonFlags &
  BackendFlags & {
    readonly quick: boolean
    readonly full: boolean
    readonly markdown: boolean
    readonly data: string
    readonly out?: string
  }

export const lessonCommand: Command<Context> = buildCommand<LessonFlags, [string?], Context>({
  docs: {
    brief: 'Run a lesson: a claim about residual nets, measured here, as a page',
    fullDescription: [
      'Measures one of the claims that residual networks rest on, and writes a page with the claim, the pictures, the numbers beside those of the paper, the code, and questions with their',
      'answers, in English (index.html) and Chinese (index.zh.html). Without a name it lists the lessons. A lesson that was stopped goes on where it was.',
      '',
      '  resfn lesson  lists the lessons',
      '  resfn lesson degradation  a few minutes on two cores',
      '  resfn lesson degradation --quick  a few seconds, which show the direction',
      '  resfn lesson degradation --full --data cifar-10-batches-py  the setting of the paper: days',
      '  resfn lesson all --quick  all of them, and a page that leads to each',
    ].join('\n'),
  },
  parameters: {
    flags: {
      quick: { kind: 'boolean', brief: 'Measure just enough to see the direction', default: false },
      full: { kind: 'boolean', brief: 'Measure in the setting of the paper', default: false },
      data: dataFlag,
      out: optional(
        String,
        'dir',
        'Folder of the page (default: runs/lessons/<name>, with the scale where one is asked for)',
      ),
      markdown: { kind: 'boolean', brief: 'Write Markdown with pictures beside it, in place of pages', default: false },
      ...backendFlags,
      ...commonFlags,
    },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'Name of a lesson, or all',
          parse: String,
          placeholder: 'name',
          optional: true,
          proposeCompletions: proposals.lessons,
        },
      ],
    },
  },
  func: perform(async () => (await import('../actions/lesson.ts')).runLessons),
})
