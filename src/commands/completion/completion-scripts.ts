import type { shells } from '../forms/completion-form.ts';

/*
 * Each asks `kdev __complete -- WORDS…`, of which the last is the one to complete. It prints a line a candidate, its
 * description behind a tab, and may end with `:files`, `:folders` or `:nospace`. It says nothing else, whatever happens.
 */

/** Works with bash 3.2 too. Bash cuts words at `=` and `:`, and replaces only what stands behind the last of them. */
const bash = `# kdev completion for bash: source <(kdev completion bash)
_kdev() {
  local line="\${COMP_LINE:0:COMP_POINT}" candidate directive=''
  local -a words=()
  read -r -a words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current="\${words[\${#words[@]}-1]}" breaks='' kept=''
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  [[ -n $breaks ]] && kept="\${current%"\${current##*[$breaks]}"}"
  COMPREPLY=()
  while IFS=$'\\t' read -r candidate _; do
    case $candidate in
      :*) directive=$candidate ;;
      *) COMPREPLY+=("\${candidate#"$kept"}") ;;
    esac
  done < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  case $directive in
    :files) COMPREPLY=($(compgen -f -- "\${current#"$kept"}")); _kdev_option filenames ;;
    :folders) COMPREPLY=($(compgen -d -- "\${current#"$kept"}")); _kdev_option filenames ;;
    :nospace) _kdev_option nospace ;;
  esac
}
_kdev_option() {
  type compopt >/dev/null 2>&1 && compopt -o "$1" 2>/dev/null
  return 0
}
complete -F _kdev kdev
`;

/** Sourced, or as a file _kdev in the fpath. */
const zsh = `#compdef kdev
# kdev completion for zsh: source <(kdev completion zsh), behind compinit
_kdev() {
  local line directive=''
  local -a entries
  local -a given=("\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}")
  while IFS= read -r line; do
    case $line in
      :*) directive=$line ;;
      *$'\\t'*) entries+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
      *) entries+=("\${line//:/\\\\:}") ;;
    esac
  done < <("\${words[1]}" __complete -- "\${given[@]}" 2>/dev/null)
  case $directive in
    :files) _files ;;
    :folders) _files -/ ;;
    :nospace) _describe -t kdev kdev entries -S '' ;;
    *) _describe -t kdev kdev entries ;;
  esac
}
if [[ $funcstack[1] == _kdev ]]; then
  _kdev "$@"
else
  compdef _kdev kdev
fi
`;

const fish = `# kdev completion for fish: kdev completion fish > ~/.config/fish/completions/kdev.fish
function __kdev_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (command $words[1] __complete -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path (commandline -ct)
            case ':folders'
                __fish_complete_directories (commandline -ct)
            case ':*'
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c kdev -f -a '(__kdev_complete)'
`;

export const completionScripts: Readonly<Record<(typeof shells)[number], string>> = {
  bash,
  zsh,
  fish,
};
