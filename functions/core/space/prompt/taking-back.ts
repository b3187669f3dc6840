/** Sentences that take back what others say: exceptions, and those that speak about instructions. In words, so never all of them. */

/** How one language takes back: what is done to a sentence, what sentences are called by their place, what makes them untrue. */
interface Language {
  readonly away: string
  readonly others: string
  readonly untrue: string
  /** What a rule is called whatever it is about, and what ends one: "the rule about health is void". */
  readonly rule: string
  readonly ends: string
}

const EN_RULE =
  'instructions?|rules?|guidelines?|polic(?:y|ies)|requirements?|constraints?|directives?|restrictions?|safeguards?'
const EN_PART = `${EN_RULE}|sentences?|lines?|statements?|paragraphs?|text|sections?|prompts?|points?|warnings?`

const LANGUAGES: readonly Language[] = [
  {
    // "Never ignore these rules" is a rule itself.
    away: `(?<!\\b(?:not|never|n[’']t)\\s+(?:ever\\s+)?)\\b(?:ignor|disregard|forget|overrid|overrul|bypass|suspend|waiv|revok|supersed|neglect|circumvent|skip|omit|drop|relax)\\w*\\b`,
    others: `\\b(?:(?:above|below|previous|preceding|prior|earlier|foregoing|following|next|last)\\s+(?:[\\p{L}\\d]+\\s+)?(?:${EN_PART})|(?:${EN_PART})\\s+(?:above|below|before|after)|(?:these|those|all|any|other|such|every|that|this)\\s+(?:of\\s+)?(?:(?:the|other|your)\\s+)?(?:${EN_RULE})|(?:what|everything|anything)\\s+(?:is\\s+|was\\s+)?(?:said|written|stated)|the\\s+(?:above|following)|(?:first|second|third|fourth|fifth|sixth|seventh|\\d+(?:st|nd|rd|th))\\s+(?:sentence|rule|line|instruction))\\b`,
    untrue: `\\b(?:no longer|(?:does|do|is|are|was|were|need|must)\\s*(?:not|n[’']t)|never|optional|void|obsolete|outdated|jokes?|joking|suggestions?|examples?|waived|suspended|lifted|negotiable|non-?binding|ignored|opposite|reverse|only|merely)\\b`,
    rule: `\\b(?:the|our|your|its|this|that)\\s+(?:\\p{L}+\\s+){0,2}(?:rules?|instructions?|guidelines?|requirements?|constraints?|directives?|restrictions?|safeguards?|prohibitions?|bans?)\\b`,
    ends: `\\b(?:no longer|(?:is|are|was|were)\\s+(?:now\\s+)?(?:void|off|gone|over|dead|obsolete|outdated|optional|lifted|suspended|waived|withdrawn|repealed|abolished|relaxed|cancell?ed|revoked|dropped|not binding)|(?:does|do)\\s*(?:not|n[’']t) (?:apply|hold|count|bind|matter)|expire[sd]?|lapse[sd]?|may be (?:bent|broken)|(?:may|can|could|might|free to)\\s+(?:skip|ignore|bend|break|drop|overlook|disregard)\\w*)\\b`,
  },
  {
    away: '(?:ignorier|missacht|überschreib|übergeh|vergiss|streich)\\p{L}*',
    others:
      '(?:(?:dies|jen|obig|vorig|vorherig|vorangehend|nächst|folgend|letzt)\\p{L}*\\s+(?:\\p{L}+\\s+)?(?:satz|sätze|regel|anweisung|vorgabe|richtlinie|zeile)\\p{L}*|(?:satz|sätze|regel|anweisung|vorgabe|zeile)\\p{L}*\\s+(?:davor|danach|oben|unten|zuvor|vorher))',
    untrue: '(?:nicht mehr|gilt nicht|gelten nicht|ungültig|aufgehoben|optional|hinfällig|veraltet)',
    rule: '(?<!\\p{L})(?:die|der|das|unsere|diese)\\s+(?:\\p{L}+\\s+)?(?:regel|regelung|vorgabe|vorschrift|anweisung|verbot|pflicht)(?:n|en|e)?(?!\\p{L})',
    ends: '(?:nicht mehr|gilt nicht|gelten nicht|ungültig|aufgehoben|hinfällig|veraltet|entfällt|entfallen|außer kraft|erlischt|abgeschafft)',
  },
  {
    away: '(?:ignor|oubli|néglig|annul)\\p{L}*|ne (?:tiens|tenez) pas compte',
    others:
      "(?:(?:phrase|règle|consigne|instruction|ligne)s?\\s+(?:précédente|suivante|antérieure|ci-dessus|ci-dessous|d[’']avant)s?|(?:cette|ces|toutes les|première|\\p{L}ième)\\s+(?:règle|consigne|instruction|phrase)s?)",
    untrue: '(?:\\bpas\\b|\\bplus\\b|facultati|caduque|annul|suspendu|levée)',
    rule: "(?<!\\p{L})(?:l[ae]s?|l[’']|cette|notre)\\s*(?:règle|consigne|instruction|interdiction|directive)s?(?!\\p{L})",
    ends: "(?:ne\\s+(?:s[’']\\s?)?\\p{L}+\\s+(?:pas|plus)|n[’']est plus|levée?s?(?!\\p{L})|caduque|abrogée|annulée|suspendue)",
  },
  {
    away: '(?:ignor|olvid|desestim|desconsider|esque[cç]|dimentic|omit)\\p{L}*|no hagas caso|não ligue|non badare',
    others:
      '(?:(?:frase|regla|instrucción|línea|norma|regra|instrução|linha|regola|istruzione|riga)(?:e?s)?\\s+(?:anterior|siguiente|previ[ao]|precedente|seguinte|seguente|de arriba|de abajo|acima|abaixo|sopra|sotto)(?:e?s)?|(?:estas|esas|todas las|todas as|estas|queste|tutte le)\\s+(?:reglas|instrucciones|normas|regras|instruções|regole|istruzioni))',
    untrue: '(?:\\bno\\b|\\bnão\\b|\\bnon\\b|\\bya no\\b|opcional|opzional|anulad|obsolet)',
    rule: '(?<!\\p{L})(?:la|las|el|a|as|o|os|le|il|nuestra|esta|essa)\\s+(?:regla|norma|instrucción|prohibición|regra|instrução|proibição|regola|istruzione|divieto)(?:e?s)?(?!\\p{L})',
    ends: '(?:ya no|já não|não vale|não se aplica|non (?:vale|si applica)|no (?:vale|rige|se aplica)|queda sin efecto|anulad|derogad|suspend|suspes|decad|abolit|revogad|obsolet|caduc)',
  },
  {
    away: '(?:negeer|vergeet|omzeil|schrap)\\p{L}*',
    others:
      '(?:(?:vorige|volgende|bovenstaande|onderstaande|deze|alle)\\s+(?:\\p{L}+\\s+)?(?:regel|zin|instructie|richtlijn)\\p{L}*|(?:regel|zin|instructie)\\p{L}*\\s+(?:hierboven|hieronder|ervoor|erna))',
    untrue: '(?:niet meer|geldt niet|gelden niet|vervallen|vervalt|optioneel|ongeldig)',
    rule: '(?<!\\p{L})(?:de|het|onze|deze)\\s+(?:regels?|instructies?|richtlijn(?:en)?|verbod|voorschrift(?:en)?)(?!\\p{L})',
    ends: '(?:niet meer|geldt niet|gelden niet|vervallen|vervalt|opgeheven|ongeldig|afgeschaft)',
  },
  {
    away: '(?:игнорир|забуд|отмен)\\p{L}*|не (?:применя|обращай|учитыва|следуй)\\p{L}*',
    others:
      '(?:(?:предыдущ|следующ|эт|остальн)\\p{L}*\\s+(?:\\p{L}+\\s+)?(?:правил|предложени|инструкц|пункт|строк|указани)\\p{L}*|(?:правил|предложени|инструкц|пункт|указани)\\p{L}*\\s+(?:выше|ниже))',
    untrue: '(?:\\sне\\s|отмен|необязател)',
    rule: '(?<!\\p{L})(?:правил|инструкци|указани|запрет|требовани)\\p{L}*',
    ends: '(?:больше не|уже не|не действу|отмен[ёе]н|недействит|утрати|снят(?!\\p{L}))',
  },
  {
    away: '忽略|无视|無視|忘记|忘れ|跳过|不必遵守|不要遵守|従わな|守らな',
    others:
      '[上下前后][一]?[句条]|上述|上記|以上|前面|(?:前|上|次|直前|下)の(?:文|規則|ルール|指示|行|項目)|(?:这些|上面的|这条|これらの)(?:规则|规定|指示|規則|ルール)',
    untrue: '不适用|不再|无效|作废|無効|適用(?:され|し)な|適用されま',
    rule: '规则|规定|禁令|指示|規則|ルール|決まり|禁止事項',
    ends: '不再|失效|作废|无效|無効|廃止|適用され|適用しな|撤廃',
  },
  {
    away: '(?:zignoruj|pomiń|zapomnij|yok say|görmezden gel|unut)\\p{L}*',
    others:
      '(?:(?:poprzedni|następn|powyższ|poniższ|t[eęąa])\\p{L}*\\s+(?:zdani|zasad|reguł|instrukcj)\\p{L}*|(?:önceki|sonraki|yukarıdaki|aşağıdaki|bu)\\s+(?:cümle|kural|talimat)\\p{L}*)',
    untrue: '(?:nie obowiązuj|już nie|nieaktualn|geçerli değil|geçersiz|iptal)',
    rule: '(?:zasad[ay]|reguł[ay]|zakaz|instrukcj[ae]|kural(?:ı|lar|ları)?|yasa[kğ]ı?|talimat(?:ı|lar)?)(?!\\p{L})',
    ends: '(?:nie obowiązuj|już nie|nieaktualn|zniesion|uchylon|przestaj|geçerli değil|geçersiz|iptal|kalktı|kaldırıldı|uygulanmaz)',
  },
  {
    away: '무시|잊|تجاهل|لا تلتزم|अनदेखा|नज़रअंदाज़',
    others:
      '(?:위|앞|다음|이전|아래)의?\\s?(?:문장|규칙|지시)|번째\\s(?:문장|규칙|지시)|(?:الجملة|القاعدة|القواعد|التعليمات|السطر)\\s+(?:السابق|التالي|أعلاه|أدناه)\\p{L}*|(?:पिछल|अगल|ऊपर|नीचे)[\\p{L}\\p{M}]*\\s+(?:\\S+\\s+)?(?:वाक्य|नियम|निर्देश)',
    untrue: '적용되지|유효하지|무효|لا ينطبق|لا تنطبق|لم تعد|लागू नहीं|रद्द',
    rule: '규칙|지침|규정|القاعدة|القواعد|التعليمات|الحظر|नियम|निर्देश',
    ends: '더 이상|적용되지|무효|폐지|لم تعد|لاغية|ملغاة|لا تسري|ألغيت|लागू नहीं|रद्द|अब नहीं|समाप्त',
  },
]

const ABOUT = [
  ...LANGUAGES.map(
    ({ away, others, untrue, rule, ends }) =>
      new RegExp(`(?:${away}).*(?:${others})|(?:${others}).*(?:${away}|${untrue})|(?:${rule}).*(?:${ends})`, 'isu'),
  ),
  new RegExp(
    `\\b(?:treat|read|take|regard|consider|see|view|understand|count)\\b.*\\b(?:${EN_PART})\\b.*\\bas\\s+(?:\\p{L}+\\s+){0,2}(?:hints?|suggestions?|advice|advisory|tips?|recommendations?|optional|examples?|jokes?|fiction|preferences?)\\b`,
    'isu',
  ),
  /\b(?:no longer|not) true that\b/iu,
  /\b(?:opposite|reverse|contrary)\s+(?:of|to|is true)\b/iu,
]

/** Does a sentence say of other sentences that they do not hold? */
export const speaksAboutOthers = (text: string): boolean => ABOUT.some((about) => about.test(text))

const EXCEPTION = [
  // How an exception begins.
  /^["'(“«]*(?:unless|except|excluding|however|but|though|only (?:if|when)|although|apart from|save for|außer|ausser|es sei denn|jedoch|aber|nur wenn|ausgenommen|sauf|à moins|excepté|hormis|toutefois|cependant|mais|excepto|salvo|a menos|sin embargo|pero|exceto|porém|mas|contudo|a meno che|tranne|eccetto|tuttavia|però|ma|tenzij|behalve|maar|кроме|если только|однако|но|за исключением|chyba że|oprócz|jednak|ancak|hariç|trừ khi|ngoại trừ|tuy nhiên|nhưng|kecuali|namun|tetapi|hanya jika|utom|förutom|undtagen|medmindre|med mindre|unntatt|men|paitsi|mutta|kromě|ale|pokud|kivéve|hacsak|însă|decât dacă|освен|крім|якщо тільки|але|проте|εκτός|αλλά|όμως|אלא אם|חוץ מ\p{L}*|אבל|למעט|مگر|به\s?جز|اما|ولی|سوائے|তবে|কিন্তু|إلا|ولكن|لكن|सिवाय|लेकिन)(?![\p{L}\p{M}])|^(?:ยกเว้น|เว้นแต่|แต่|อย่างไรก็ตาม)|^[「『（]*(?:除非|但是|但|然而|不过|ただし|しかし|除いて|단,|그러나|다만)/iu,
  // How one ends, in languages that say it last, and what is said of what it is not for.
  /^(?:\S+\s+){1,4}(?:hariç|haricinde|müstesna|dışında|olmadıkça|lukuun ottamatta|kivételével|excepted|excluded|ausgeschlossen|exclue?s?|excluid[oa]s?|esclus[oiae]|uitgezonderd|uitgesloten|wykluczon\p{L}*|को छोड़कर|के अलावा)["'”’»)]*[.!?।]?$|(?:を除き|を除いて|以外は?可)(?:ます)?。?$|(?:외에는|제외)(?:\p{L}{0,3})[.!]?$|^(?:باستثناء|ما عدا|به استثنای)/iu,
  // For whom it does not hold.
  /\b(?:does|do|shall|will|need)\s*(?:not|n[’']t)\s+(?:apply|hold|count|bind|extend)|doesn[’']t apply|\bexempt|\bexceptions?\b|\bwaived\b|\b(?:not|no longer) in force\b|\b(?:kidding|joking)\b|^\/s\b/iu,
  /\b(?:gilt|gelten)\b.*\bnicht\b|\bausnahme|ausgenommen|ne (?:vaut|valent|s[’']appliquent?|concernent?) (?:pas|plus)|\bexempt|no (?:vale|valen|se aplican?|aplican?|rigen?)\b|excepci[oó]n|\bexent|não (?:vale|se aplica)|exceç|\bisent|non (?:vale|si applica)|eccezion|\besent|geldt niet|uitzonder|nie dotyczy|wyjąt|geçerli değil|istisna/iu,
  /не (?:касается|относится|распространяется|действует|применя)|исключени|除外|(?<!不)例外(?!なく)|不适用|不受此限|豁免|この限り|除きます|除く|예외|적용되지 않|لا [يت]نطبق|استثناء|مستثن|लागू नहीं|अपवाद|винятк|изключени|ข้อยกเว้น|ব্যতিক্রম/u,
  /(?<!\p{L})(?:(?:undantag|undtagelse|unntak|poikkeu|výjimk|výnimk|kivétel|excepți|pengecualian|izņēmum|išimt)\p{L}*|ngoại lệ|εξαίρεση)(?!\p{L})|יוצא(?:ים)? (?:מן ה|מה)כלל/iu,
]

const POINTS = [
  // What the sentence beside is, and for whom.
  /(?:^|[,;:]\s*|\band\s+)["'(“«]*(?:this|that|which|it|these|those|they)\s+(?:is|was|are|were|holds?|held|appl(?:y|ies)|counts?|goes|only|just|mostly|may|can|could|might|need|needs|does|do|used|depends?|concerns?|covers?)\b/iu,
  /\b(?:waiv|skip|relax|bend|break|ignor|overrul|overrid|lift|suspend|disregard|drop|forget|loosen|chang|decid)\w*\s+(?:on\s+)?(?:this|that|it)\b/iu,
  // What is said of it before it stands.
  /\b(?:following|comes next|(?:what|here|example|sample|rule|sentence|line)\s+(?:\w+\s+)?follows|follows\s*[.:]?$|the following (?:holds|applies|is))\b/iu,
  /^["'(“«]*(?:das|dies)\s+(?:ist|sind|war|gilt|gelten|soll|sollte|kann|darf|muss|betrifft|hängt)\b|\b(?:folgend\p{L}*\s+(?:gilt|ist)|es folgt|folgt\s*[.:]?$)/iu,
  /^["'(“«]*(?:c[’']est|c[’']était|cela|ceci|ça)\b|^["'(“«¡¿]*(?:esto|eso|isto|isso|questo|ciò)\s+(?:es|era|vale|é|è|solo|só|se|si|no|não|non|puede|pode|può)\b/iu,
]

/** Does a sentence say something of the one beside it, without naming it ("This is a guideline.", "Managers may waive it.")? */
export const pointsAside = (text: string): boolean => POINTS.some((points) => points.test(text))

/** Is a sentence an exception to the one beside it? */
export const isException = (text: string): boolean => EXCEPTION.some((exception) => exception.test(text))

const LEAVE =
  /\b(?:may|can|could|allowed|permitted|free to|darfst|dürfen|darf|kannst|können|peux|pouvez|peut|puedes?|pueden|podes?|pode|puoi|può|mag|kun|możesz|можно|можешь|можете)\b|(?<![\p{L}])(?:можно|можешь|можете)(?![\p{L}])|可以|允许|ても(?:よ|良|い|構|か)|할 수 있|해도|يمكن|يجوز|सकते|सकता/iu

/** Does a sentence give leave to do something? */
export const givesLeave = (text: string): boolean => LEAVE.test(text)

/** Words that say of a duty that it is none, or done already ("treat as approved"), and words by which it falls away otherwise. */
const NEEDLESS =
  /(?:\b(?:not|never)|n[’']t)\s+(?:\w+\s+)?(?:need|needed|necessary|required|mandatory|have to)\b|\b(?:need(?:s|ed)? not|needn[’']t|(?:skip|omit|dispens|forgo|waiv|bypass|überspring|verzicht)\w*|no need|unnecessary|unneeded|optional|nicht nötig|unnötig|pas (?:nécessaire|besoin)|inutile|facultati\w*|no (?:es necesari\w*|hace falta)|innecesari\w*|opcional|não (?:é necessári\w*|precisa)|non (?:serve|è necessari\w*)|facoltativ\w*|niet nodig|nie (?:trzeba|musisz)|gereksiz|gerek(?:mez| yok))(?![\p{L}])|(?<!\p{L})(?:не (?:нужно|надо|обязательно|требуется)|необязательно)(?!\p{L})|不必|无需|不用|不需要|不要です|必要(?:は|が)?(?:ない|ありません)|필요(?:가)? 없|لا حاجة|ज़रूरत नहीं/iu
const AS_IF =
  /\b(?:(?:treat|consider|regard|count|deem|assum|presum)\w*\b.{0,80}\b(?:approv(?:ed|al)|authori[sz](?:ed|ation)|verified|confirmed|granted|cleared|consent|permi(?:tted|ssion))\b|(?:behandl|betracht|gilt|gelten|werte)\p{L}*.{0,80}(?:freigegeben|genehmigt|geprüft|bestätigt|erlaubt|Freigabe|Genehmigung)|(?:considèr|trait|suppos)\p{L}*.{0,80}(?:approuv|autoris|vérifi|confirm|accord|validé)|(?:trat|consider|supón|asum|d[ae]n? por)\p{L}*.{0,80}(?:aprobad|autorizad|verificad|confirmad|permiti|aprovad))/iu
const LEFT_OUT =
  /\b(?:without|(?:can|may|could)\s+(?:wait|be (?:left|dropped|postponed|deferred))|ohne|sans|sin|sem|senza|zonder|bez|olmadan)\b|(?<!\p{L})без(?!\p{L})|なしで|省略|없이|생략|بدون|बिना/iu

/** Does a sentence say that something need not be done, or that it counts as done? */
export const isNeedless = (text: string): boolean => NEEDLESS.test(text) || AS_IF.test(text)

/** Does it say so, or that something is left out? */
export const spares = (text: string): boolean => isNeedless(text) || LEFT_OUT.test(text)

/** Words by which a sentence forbids: without them its copy says the opposite. */
export const FORBIDDING = new Set(
  'never not no dont don t do does must cannot can under any circumstances nie niemals nicht kein keine keinen keinem ne pas jamais aucun aucune nunca no jamás ningún ninguna não nunca non mai никогда не нельзя nooit geen nigdy nie asla لا أبدا 절대 절대로 마세요 마십시오 말고 कभी न मत'.split(
    ' ',
  ),
)

/** Those of them that negate by themselves. */
export const NEGATING: ReadonlySet<string> = FORBIDDING.difference(
  new Set('do does must can under any circumstances'.split(' ')),
)
