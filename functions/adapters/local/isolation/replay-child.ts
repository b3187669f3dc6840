/** The restricted side: replays baselines, searches and scores, line by line. Opens no file but its own code. */
import { headOf, reproduceLine } from '#core/baseline/reproduce.ts'
import { canonical } from '#core/canonical.ts'
import { lineScorer } from '#core/gate/score.ts'
import { SearchSide } from '#core/search/search-side.ts'
import { aside, packed, type Request } from './protocol.ts'
import { serve } from './serve.ts'

const searched = new SearchSide(aside())

serve<Request>((request, lines, say, tell) => {
  switch (request.verb) {
    case 'reproduce':
      searched.clear()
      for (const line of lines) {
        const reproduced = reproduceLine(line, request.pins)
        if (request.keep) searched.keep(reproduced)
        say(JSON.stringify({ ...reproduced, case: headOf(reproduced.case) }))
      }
      return
    case 'search':
      return packed(searched.search(request.input, (result) => say(canonical(result)), { progress: tell }))
    case 'score': {
      const score = lineScorer(request.run, request.change)
      for (const line of lines) say(JSON.stringify(score(line)))
    }
  }
})
