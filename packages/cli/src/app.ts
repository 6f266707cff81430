import { type Application, buildApplication, buildRouteMap, type RouteMap, text_en } from '@stricli/core'
import { completionCommand } from './commands/completion.ts'
import { dataRoutes } from './commands/data.ts'
import { doctorCommand } from './commands/doctor.ts'
import { benchCommand } from './commands/bench.ts'
import { embedCommand } from './commands/embed.ts'
import { explainCommand } from './commands/explain.ts'
import { graphCommand } from './commands/graph.ts'
import { similarCommand } from './commands/similar.ts'
import { evalCommand } from './commands/eval.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { lessonCommand } from './commands/lesson.ts'
import { netsCommand } from './commands/nets.ts'
import { pageCommand } from './commands/page.ts'
import { predictCommand } from './commands/predict.ts'
import { setupRoutes } from './commands/setup.ts'
import { summaryCommand } from './commands/summary.ts'
import { sweepCommand } from './commands/sweep.ts'
import { trainCommand } from './commands/train.ts'
import type { Context } from './context/context.ts'
import { CliError, exitCodes, toCliError } from './error.ts'
import { plain } from './text/plain.ts'

/** The command `resfn` with all its sub-commands, as a value. */
export const routes: RouteMap<Context> = buildRouteMap({
  routes: {
    train: trainCommand,
    sweep: sweepCommand,
    eval: evalCommand,
    predict: predictCommand,
    embed: embedCommand,
    similar: similarCommand,
    explain: explainCommand,
    summary: summaryCommand,
    graph: graphCommand,
    bench: benchCommand,
    nets: netsCommand,
    page: pageCommand,
    lesson: lessonCommand,
    import: importCommand,
    export: exportCommand,
    data: dataRoutes,
    doctor: doctorCommand,
    setup: setupRoutes,
    completion: completionCommand,
  },
  docs: { brief: 'Residual networks on TensorFlow.js: train, evaluate, predict, look inside' },
})

/** How a wrong command line is told: each gives the message. */
export type UsageMessages = {
  readonly unknownCommand: (input: string) => string
  readonly wrongArguments: (error: unknown) => string
}

const line = (message: string): string => `resfn: ${plain(message)}`

/** The application that the framework runs. */
export const app = (version: string, usage: UsageMessages): Application<Context> =>
  buildApplication<Context>(routes, {
    name: 'resfn',
    versionInfo: { currentVersion: version },
    scanner: { caseStyle: 'allow-kebab-for-camel' },
    documentation: { caseStyle: 'convert-camel-to-kebab' },
    determineExitCode: (error) => (error instanceof CliError ? error.exitCode : exitCodes.failure),
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input }) => line(usage.unknownCommand(input)),
        exceptionWhileParsingArguments: (error) => line(usage.wrongArguments(error)),
        commandErrorResult: (error) => line(error.message),
        exceptionWhileRunningCommand: (error) => line(toCliError(error).message),
      },
    },
  })
