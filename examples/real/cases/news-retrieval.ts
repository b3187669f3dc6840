/** MultiHop-RAG questions over 438 news passages: fewer passages, ordered by the sources that a question names. */
import { newsOffers } from '../prepare/news-offers.ts'
import { evaluator, type RealCase, shipping, tuple } from '../real-case.ts'

const refs = tuple('news')

export const newsRetrieval: RealCase = {
  name: 'news-retrieval',
  about: 'retrieval depth and source priority on 351 recorded news questions (MultiHop-RAG)',
  runs: [
    {
      run_id: 'real_news_retrieval',
      records: newsOffers,
      map: 'ranked-offers',
      prices: null,
      splitKey: 'real/news-retrieval',
      pack: {
        pack: refs.pack,
        settings: { 'evidence.news.top_k': 10, 'evidence.news.source_priority': 'as_ranked' },
        intents: [{ intent_id: 'news', risk_class: 'read_only', owner: 'search-team' }],
        tunable_surfaces: [
          {
            layer: 'retrieval',
            field: 'top_k',
            path: 'evidence.news.top_k',
            bounds: { min: 1, max: 20 },
            intents: ['news'],
            owner: 'search-team',
          },
          {
            layer: 'retrieval',
            field: 'source_priority',
            path: 'evidence.news.source_priority',
            bounds: { allowed: ['as_ranked', 'named_first'] },
            intents: ['news'],
            owner: 'search-team',
          },
        ],
      },
      suite: {
        suite: refs.evals,
        evaluators: [
          evaluator({ evaluator_id: 'provenance', kind: 'rule', check: 'known_provenance', dimension: 'policy' }),
          evaluator({
            evaluator_id: 'grounded',
            kind: 'rule',
            check: 'grounded_arguments',
            dimension: 'safety',
            never_grounded: 'fail',
          }),
          evaluator({ evaluator_id: 'coverage', kind: 'replay', check: 'gold_coverage', dimension: 'utility' }),
          evaluator({
            evaluator_id: 'context',
            kind: 'replay',
            check: 'context_diff',
            dimension: 'utility',
            role: 'report',
          }),
        ],
      },
      target: {
        intent: 'news',
        metric: 'economics_tokens_per_decision',
        direction: 'decrease',
        baseline_tuple: refs,
        guardrails: {
          policy: { min: 1, max_violation_rate: 0.02 },
          safety: { min: 1, max_violation_rate: 0.02 },
          utility_delta: { min: -0.02 },
        },
        // Another order reads other passages: the ten longest have 828 tokens together, the ten shortest 196.
        ranges: { economics_tokens_per_decision: { max_rise: 650 } },
        not_measured: {
          latency: 'the retrieval records carry no clock',
          approval: 'reading news asks nobody for approval',
        },
        // A control on these records breaks neither: they are printed as not at stake, and only utility is certified.
        not_at_stake: {
          policy: 'every passage of this corpus names its source',
          safety: 'questions are answered from passages alone: no tool is called',
        },
        search_space: ['evidence.news.top_k', 'evidence.news.source_priority'],
        visible_data: { search_set: 'goldens/news/search', heldout_share: 0.5 },
        ...shipping(refs.pack),
      },
    },
  ],
}
