import { buildCommand, type Command } from '@stricli/core'
import type { Context } from '../context/context.ts'
import { type CommonFlags, perform } from '../output.ts'
import { commonFlags } from './flags.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

export const completionCommand: Command<Context> = buildCommand<CommonFlags, [Shell], Context>({
  docs: {
    brief: 'Print a script that completes commands, flags and names in a shell',
    fullDescription: [
      'Prints a script that completes commands, flags and names of nets and presets with the Tab key. Load it where the shell starts:',
      '',
      'How to load it:',
      '  bash  in ~/.bashrc: source <(resfn completion bash)',
      '  zsh   in ~/.zshrc, after compinit: source <(resfn completion zsh)',
      '  fish  in ~/.config/fish/config.fish: resfn completion fish | source',
    ].join('\n'),
  },
  parameters: {
    flags: commonFlags,
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: `The shell: ${shells.join(', ')}`,
          parse: (text): Shell => {
            const shell = shells.find((known) => known === text)
            if (shell === undefined) throw new Error(`give ${shells.slice(0, -1).join(', ')} or ${shells.at(-1)}`)
            return shell
          },
          placeholder: 'shell',
          proposeCompletions: () => [...shells],
        },
      ],
    },
  },
  func: perform(async () => (await import('../actions/completion.ts')).completionScript),
})
