/** Sentences that take back what others say: exceptions, and those that speak about instructions. In words, so never all of them. */

/** How an exception begins, in languages that many prompts are written in. */
const EXCEPTION =
  /^["'(“«]*(?:unless|except|excluding|however|but|only (?:if|when)|although|apart from|save for|außer|ausser|es sei denn|jedoch|aber|nur wenn|ausgenommen|sauf|à moins|excepté|hormis|toutefois|cependant|mais|excepto|salvo|a menos|sin embargo|pero|exceto|porém|mas|contudo|a meno che|tranne|eccetto|tuttavia|però|ma|tenzij|behalve|maar|кроме|если только|однако|но|за исключением|chyba że|oprócz|jednak|ancak|hariç|إلا|ولكن|لكن|सिवाय|लेकिन)(?![\p{L}\p{M}])|^[「『（]*(?:除非|但是|但|然而|不过|例外|ただし|しかし|除いて|단,|그러나|다만)/iu

/** Does a sentence begin as an exception to the one beside it does? */
export const startsException = (text: string): boolean => EXCEPTION.test(text)

const PLACE = 'above|below|previous|preceding|prior|earlier|foregoing|following|next|last'
const RULE =
  'instructions?|rules?|guidelines?|polic(?:y|ies)|requirements?|constraints?|directives?|restrictions?|safeguards?'
const PART = `${RULE}|sentences?|lines?|statements?|paragraphs?|text|sections?|prompts?|points?|warnings?`
/** What other sentences are called: by their place, or all of them. */
const OTHERS = `(?:(?:${PLACE})\\s+(?:[\\p{L}\\d]+\\s+)?(?:${PART})|(?:${PART})\\s+(?:above|below|before)|(?:these|those|all|any|other|such|every|that|this)\\s+(?:of\\s+)?(?:(?:the|other|your)\\s+)?(?:${RULE})|(?:what|everything|anything)\\s+(?:is\\s+|was\\s+)?(?:said|written|stated)|the\\s+above)`
const AWAY =
  'ignor|disregard|forget|overrid|overrul|bypass|suspend|waiv|revok|supersed|neglect|circumvent|skip|omit|drop|relax'
const UNTRUE =
  "no longer|(?:does|do|is|are|was|were|need|must)\\s*(?:not|n[’']t)|doesn[’']t|don[’']t|never|optional|void|obsolete|outdated|jokes?|joking|suggestions?|examples?|waived|suspended|lifted|negotiable|non-?binding|ignored|opposite|reverse"

const WORDS: readonly RegExp[] = [
  // "Never ignore these rules" is a rule itself.
  new RegExp(`(?<!\\b(?:not|never|n[’']t)\\s+(?:ever\\s+)?)\\b(?:${AWAY})\\w*\\b[^.!?]*\\b${OTHERS}`, 'iu'),
  new RegExp(`\\b${OTHERS}\\b[^.!?]*\\b(?:${UNTRUE})\\b`, 'iu'),
  /\b(?:opposite|reverse|contrary)\s+(?:of|to|is true)\b/iu,
  /(?:ignorier|missacht|überschreib|vergiss(?!\s+nicht))[^.!?]*(?:anweisung|regel|sätze|satz|vorgabe|richtlinie|oben|obig|vorherig)|(?:obige|vorherige|diese|folgende|nächste)\p{L}*\s+(?:regel|satz|sätze|anweisung|vorgabe|richtlinie)[^.!?]*(?:nicht|ungültig|aufgehoben|optional)/iu,
  /(?:ignore[rz]?|oublie[rz]?|néglige[rz]?)\s[^.!?]*(?:consigne|instruction|règle|phrase|ci-dessus|précéden)|(?:règle|phrase|consigne|instruction)s?\s+(?:précédente|suivante|ci-dessus)[^.!?]*(?:\bpas\b|plus|facultati|annul)/iu,
  /(?:ignor[ae]|olvid[ae]|desestim[ae]|esquece|esqueça|desconsider[ae]|dimentica)\s[^.!?]*(?:instrucci|reglas?|frase|anterior|instruç|regras?|istruzion|regol|preceden)|(?:regla|frase|instrucción|regra|instrução|regola|istruzione)s?\s+(?:anterior|siguiente|precedente|seguinte|seguente)[^.!?]*\b(?:no|não|non)\b/iu,
  /(?:игнорируй|забудь|не применяй)\p{L}*\s[^.!?]*(?:правил|инструкц|предыдущ|выше)|(?:предыдущ|следующ)\p{L}*\s+(?:правил|предложени|инструкц|пункт)\p{L}*[^.!?]*(?:\sне\s|отмен)/iu,
  /(?:忽略|无视|無視|忘れ|忘记)[^。！？]*(?:规则|規則|指示|上述|前面|以上|ルール|前の)|(?:规则|指示|上述|前面|以上|上の|前の|ルール)[^。！？]*(?:忽略|无视|無視|不适用|不再|適用しない|適用されない|無効)/u,
  /(?:무시|잊)[^.!?]*(?:규칙|지시|위의|앞의)|(?:규칙|지시|위의|앞의)[^.!?]*(?:무시|적용되지|무효)|تجاهل[^.!?؟]*(?:القواعد|التعليمات|السابق|أعلاه)|(?:नियम|निर्देश|ऊपर)[^।!?]*(?:अनदेखा|नज़रअंदाज़|लागू नहीं)/u,
]

/** Does a sentence say of other sentences that they do not hold? */
export const speaksAboutOthers = (text: string): boolean => WORDS.some((words) => words.test(text))
