/** `autotune completion`: a script for a shell that completes verbs, options and their choices, from the table of commands. */
import type { Described } from './reference.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The script of a shell. */
export function completionScript(shell: Shell, commands: readonly Described[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands)
}

const roots = (commands: readonly Described[]): string[] =>
  commands.map(({ path }) => path).filter((path) => !path.includes(' '))

const flags = ({ options }: Described): string[] => [...options.flatMap((o) => o.long ?? []), '--help']

/** Options of which the values are known: flag and values. */
const choices = (commands: readonly Described[]): [string, readonly string[]][] =>
  commands.flatMap(({ path, options }) =>
    options.flatMap((o): [string, readonly string[]][] => (o.argChoices ? [[`${path}:${o.long}`, o.argChoices]] : [])),
  )

/** Cases of a shell that are the same in bash and in zsh. */
function cases(commands: readonly Described[]): string {
  return [
    '  case "$path:$previous" in',
    ...choices(commands).map(([flag, values]) => `    '${flag}') words='${values.join(' ')}' ;;`),
    '    *) case "$path" in',
    `      '') words='${[...roots(commands), 'help', '--help', '--version'].join(' ')}' ;;`,
    ...commands.map((c) => `      '${c.path}') words='${[...c.below, ...c.values, ...flags(c)].join(' ')}' ;;`),
    '    esac ;;',
    '  esac',
  ].join('\n')
}

/** Words of the command so far that name it: `rollout start` of `rollout start --store x`. */
const groups = (commands: readonly Described[]): string =>
  commands
    .filter(({ below }) => below.length > 0)
    .map(({ path }) => path)
    .join('|')

const bashScript = (
  commands: readonly Described[],
): string => `# bash completion of autotune: source <(autotune completion bash)
_autotune() {
  local words='' path='' word at current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in
      help) [ -z "$path" ] || break ;;
      -*) break ;;
      *) case "$path" in
        '') path="$word" ;;
        ${groups(commands)}) path="$path $word" ;;
        *) break ;;
      esac ;;
    esac
  done
${cases(commands)}
  if [[ "$current" == -* || "\${words%% *}" != --* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _autotune autotune
`

const zshScript = (commands: readonly Described[]): string => `#compdef autotune
# zsh completion of autotune: source <(autotune completion zsh)
_autotune() {
  local words_typed=("\${words[@]}") current="\${words[CURRENT]}" previous="\${words[CURRENT-1]}" path_typed='' word at
  local found=''
  for ((at = 2; at < CURRENT; at++)); do
    word="\${words_typed[at]}"
    case "$word" in
      help) [ -z "$path_typed" ] || break ;;
      -*) break ;;
      *) case "$path_typed" in
        '') path_typed="$word" ;;
        ${groups(commands)}) path_typed="$path_typed $word" ;;
        *) break ;;
      esac ;;
    esac
  done
${cases(commands).replaceAll('"$path', '"$path_typed').replaceAll("words='", "found='")}
  if [[ -n "$found" ]]; then compadd -- \${=found}; fi
  if [[ "$current" != -* && -n "$path_typed" ]]; then _files; fi
}
compdef _autotune autotune
`

const fishScript = (commands: readonly Described[]): string => {
  const word = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const first = (text: string) => text.split(/[;:]/)[0]!
  const at = (path: string) => word(`__autotune_at ${path}`.trim())
  const lines = commands.flatMap((c) => {
    const [group, name] = c.path.split(' ')
    return [
      `complete -c autotune -f -n ${at(name ? group! : '')} -a ${word(name ?? group!)} -d ${word(first(c.description))}`,
      ...(c.values.length > 0 ? [`complete -c autotune -f -n ${at(c.path)} -a ${word(c.values.join(' '))}`] : []),
      ...c.options.map(
        (o) =>
          `complete -c autotune -n ${at(c.path)} -l ${word(o.long!.slice(2))}${o.required || o.optional ? ' -r' : ''}${o.argChoices ? ` -f -a ${word(o.argChoices.join(' '))}` : ''} -d ${word(first(o.description))}`,
      ),
    ]
  })
  return `# fish completion of autotune: autotune completion fish | source
function __autotune_at --description 'is this the command that the words before the cursor name?'
  set -l path
  for word in (commandline -opc)[2..]
    switch $word
      case help
        test -z "$path"; or break
      case '-*'
        break
      case '*'
        switch "$path"
          case ''
            set path $word
          case ${groups(commands).replaceAll('|', ' ')}
            set path "$path $word"
          case '*'
            break
        end
    end
  end
  test "$path" = "$argv"
end
complete -c autotune -f -n ${at('')} -a help -d 'usage, options, examples and exit codes of a verb'
complete -c autotune -l help -d 'usage, options, examples and exit codes'
${lines.join('\n')}
`
}
