import type { Shell } from '../commands/completion.ts'
import type { Action, CommonFlags } from '../output.ts'

// Each asks `resfn --complete` for the words that could follow, and completes names of files where there are none.
const scripts: Readonly<Record<Shell, string>> = {
  bash: `_resfn() {
  local IFS=$'\\n'
  COMPREPLY=($(resfn --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _resfn resfn
`,
  zsh: `_resfn() {
  local -a found
  found=("\${(@f)$(resfn --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _resfn resfn
`,
  fish: `function __resfn_complete
  set -l words (commandline -opc) (commandline -ct)
  resfn --complete $words[2..] 2>/dev/null
end
complete -c resfn -a '(__resfn_complete)'
`,
}

/** The script that completes command lines in a shell. */
export const completionScript: Action<CommonFlags, [Shell]> = (_context, _flags, shell) => ({
  json: { shell, script: scripts[shell] },
  text: scripts[shell],
})
