import { execFile } from 'node:child_process'

/** What a program printed, or why it did not end well, with the end of what it printed. */
export type Ran = { readonly output: string } | { readonly fault: string }

const lastLines = (text: string): string => text.trim().split('\n').slice(-12).join('\n')

/** Runs a program to its end, for at most so many seconds. */
export const runProgram = (
  program: string,
  args: readonly string[],
  { seconds, env = process.env }: { readonly seconds: number; readonly env?: NodeJS.ProcessEnv },
): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      program,
      [...args],
      { timeout: seconds * 1000, killSignal: 'SIGKILL', env, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ output: stdout })
        const { code, signal, killed } = error as { readonly code?: unknown; readonly signal?: unknown } & typeof error
        const how =
          code === 'ENOENT'
            ? 'it is not installed'
            : killed === true
              ? `it took more than ${seconds} seconds`
              : signal != null
                ? `it was ended by ${String(signal)}`
                : `exit code ${String(code)}`
        resolve({ fault: [how, lastLines(`${stdout}\n${stderr}`)].filter(Boolean).join('\n') })
      },
    )
  })
