/** The file that a first start writes. It must parse as it stands: a test holds it to that. */
export const SAMPLE_CONFIG = `# Trimtab configuration. Check it with: trimtab config check
# Secrets never stand in this file: write "\${NAME}" and set NAME in the environment.

providers:
  anthropic: { apiKey: "\${ANTHROPIC_API_KEY}" }
  openai: { apiKey: "\${OPENAI_API_KEY}" }
  # Any server that speaks OpenAI Chat works; an address that is not public must be named as private:
  # vllm: { format: openai-chat, baseUrl: "http://10.0.0.5:8000/v1", network: private }

# The allow-list. Exact model ids: nothing else is ever served. Aliases are the names your clients ask for.
# Prices are dollars per million tokens; the optimizer needs them to find the cheapest model that works.
models:
  - { id: gpt-5-mini-2025-08-07, provider: openai, aliases: [claude-haiku-4-5], price: { input: 0.25, output: 2.0, cacheRead: 0.025 } }
  - { id: claude-sonnet-5, provider: anthropic, price: { input: 3.0, output: 15.0, cacheRead: 0.3, cacheWrite: 3.75 } }

# The first policy. Later ones are proposed by the optimizer; a change here becomes a proposal of yours.
routes:
  - match: { model: "claude-*" }
    targets: [{ model: gpt-5-mini-2025-08-07, weight: 1 }]
    fallbacks: [claude-sonnet-5]

governance:
  qualityBar: 0.8        # a model is used for a turn shape only when its sessions are proven to reach this
  weights: propose       # off | propose | automatic
  prefixes: propose      # off | propose | automatic
  rollout: { canary: 0.05, minSessions: 50, minDuration: 4h, watermark: 10m, maxSessions: 5000, maxDuration: 14d }
  exploration: 0.03
  session: { idle: 10m }

# Without a judge only deterministic scorers run, and \`trimtab status\` says so.
# judges: [{ provider: openai, model: gpt-5-mini-2025-08-07, dailyBudgetUsd: 20 }]

# Web searches of Claude Code, for models whose provider runs none (docs/guides/server-tools.md):
# serverTools: { webSearch: { format: brave, apiKey: "\${BRAVE_API_KEY}" } }

capture: full            # full | redacted | metadata | none
`;
