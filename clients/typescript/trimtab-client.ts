// biome-ignore-all format: written by a command
// biome-ignore-all lint: written by a command
// biome-ignore-all assist: written by a command
// Written by `npm run client` from the API's OpenAPI document. Do not edit.

/** The client needs nothing but `fetch`: it runs in Node 18 and later, in browsers, Deno and Bun. */
export interface ClientOptions {
  /** Where the optimizer answers, `http://127.0.0.1:7401` by default. */
  readonly baseUrl?: string;
  /** A token of the API. */
  readonly token: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** An answer that is no success, as the API's problem documents say it (RFC 9457). */
export class TrimtabApiError extends Error {
  override readonly name = 'TrimtabApiError';
  readonly status: number;
  /** The stable code of the error. */
  readonly code: string | null;
  readonly problem: unknown;

  constructor(status: number, code: string | null, message: string, problem: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.problem = problem;
  }
}

/** What each operation takes and answers with. */
export interface Operations {
  /** Failure clusters: filtered, sorted highest first, with counts per status and failures per hour. */
  getApiV1Clusters: {
    query: { limit?: number; cursor?: string; status?: string; severity?: string; trend?: 'new' | 'rising' | 'steady' | 'falling' | 'quiet'; provider?: string; model?: string; tool?: string; repo?: string; policy?: string; assignee?: string; label?: string; since?: string; sort?: 'lastSeen' | 'firstSeen' | 'events' | 'sessions' | 'recent' | 'rate' | 'severity' };
    response: {
      items: {
        clusterId: string;
        slug: string;
        title: string;
        status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
        statusSince: string;
        severity: 'fatal' | 'error' | 'warning' | 'info';
        stage: string;
        check: string;
        prefixFixable: boolean;
        firstSeen: string;
        lastSeen: string;
        eventCount: number;
        sessionCount: number;
        recentCount: number;
        trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
        recentRate: number | null;
        baselineRate: number | null;
        assignee: string | null;
        labels: string[];
        sparkline: number[];
      }[];
      nextCursor: string | null;
      counts: Record<string, number>;
    };
  };
  /** One cluster: templates, where it lives and at what rate, before and after each policy, lineage, examples; one that was merged away is answered by the one that stands. */
  getApiV1ClustersClusterId: {
    path: { clusterId: string };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
      nameSource: 'keywords' | 'llm' | 'human';
      rubric: string | null;
      suspectedLayer: string | null;
      statusReason: string | null;
      resolvedAt: string | null;
      resolvedByPolicy: string | null;
      eValue: number | null;
      sparkline: number[];
      templates: {
        templateId: string;
        turnShape: string;
        expectedVsActual: string;
        template: string;
        eventCount: number;
        source: string;
        score: number | null;
        isTentative: boolean;
      }[];
      dimensions: {
        dimension: string;
        value: string;
        events: number;
        firstSeen: string;
        lastSeen: string;
        calls: number | null;
        rate: number | null;
      }[];
      attribution: {
        dimension: 'provider' | 'model' | 'prefix' | 'policy' | 'turnShape' | 'tool' | 'repo';
        value: string;
        rate: number;
        restRate: number;
        lift: number;
        liftLow: number;
        liftHigh: number | null;
        failureShare: number;
        failingSessions: number;
        adjustedP: number;
        inseparableFrom: {
          dimension: 'provider' | 'model' | 'prefix' | 'policy' | 'turnShape' | 'tool' | 'repo';
          value: string;
        }[];
        within: {
          dimension: 'provider' | 'model' | 'prefix' | 'policy' | 'turnShape' | 'tool' | 'repo';
          value: string;
        } | null;
      }[];
      policies: {
        policyId: string;
        number: number;
        createdAt: string;
        events: number;
        calls: number;
        rate: number | null;
      }[];
      claims: {
        policyId: string;
        number: number | null;
        kind: string;
        claimedBy: string;
        claimedAt: string;
        rateBefore: number | null;
        rateAfter: number | null;
      }[];
      lineage: {
        operation: string;
        parentId: string;
        childId: string;
        eventCount: number;
        actor: string;
        happenedAt: string;
      }[];
      comments: {
        commentId: string;
        author: string;
        body: string;
        createdAt: string;
      }[];
      examples: {
        role: 'medoid' | 'newest' | 'edge';
        callId: string;
        sessionId: string;
        templateId: string;
        provider: string | null;
        model: string | null;
        happenedAt: string;
      }[];
    };
  };
  /** The failures of a cluster, newest first. */
  getApiV1ClustersClusterIdCalls: {
    path: { clusterId: string };
    query: { limit?: number; cursor?: string; policyId?: string; provider?: string; model?: string };
    response: {
      items: {
        callId: string;
        sessionId: string;
        scorer: string;
        pass: string;
        templateId: string;
        provider: string | null;
        model: string | null;
        prefixId: string | null;
        policyId: string | null;
        turnShape: string;
        tool: string | null;
        severity: string | null;
        happenedAt: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** Merge other clusters into this one, for good; their ids go on to lead here. */
  postApiV1ClustersClusterIdMerge: {
    path: { clusterId: string };
    body: {
      clusterIds: string[];
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Take templates out of a cluster into one of their own, for good; answers with the new one. */
  postApiV1ClustersClusterIdSplit: {
    path: { clusterId: string };
    body: {
      templateIds: string[];
      name?: string | null;
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Say that a cluster is mended, by a policy or otherwise; it is regressed once failures on that policy or a later one prove it. */
  postApiV1ClustersClusterIdResolve: {
    path: { clusterId: string };
    body: {
      policyId?: string;
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Never speak of a cluster again, whatever it does. */
  postApiV1ClustersClusterIdIgnore: {
    path: { clusterId: string };
    body: {
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Put a cluster away until it escalates. */
  postApiV1ClustersClusterIdArchive: {
    path: { clusterId: string };
    body: {
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Take a cluster up again that was resolved, archived or ignored. */
  postApiV1ClustersClusterIdReopen: {
    path: { clusterId: string };
    body: {
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Give a cluster to somebody, or to nobody. */
  postApiV1ClustersClusterIdAssign: {
    path: { clusterId: string };
    body: {
      assignee: string | null;
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Name a cluster; no night and no model names it again, and its slug stays. */
  postApiV1ClustersClusterIdRename: {
    path: { clusterId: string };
    body: {
      name: string;
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Put labels on a cluster and take others off. */
  postApiV1ClustersClusterIdLabels: {
    path: { clusterId: string };
    body: {
      add?: string[];
      remove?: string[];
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Say something of a cluster. */
  postApiV1ClustersClusterIdComments: {
    path: { clusterId: string };
    body: {
      body: string;
    };
    response: {
      commentId: string;
      author: string;
      body: string;
      createdAt: string;
    };
  };
  /** Note that a policy claims to mend a cluster; its rates before and after are shown from then on. */
  postApiV1ClustersClusterIdClaims: {
    path: { clusterId: string };
    body: {
      policyId: string;
      kind?: 'prefix' | 'routing' | 'other';
      reason?: string;
    };
    response: {
      clusterId: string;
      slug: string;
      title: string;
      status: 'new' | 'ongoing' | 'escalating' | 'resolved' | 'regressed' | 'archived' | 'ignored';
      statusSince: string;
      severity: 'fatal' | 'error' | 'warning' | 'info';
      stage: string;
      check: string;
      prefixFixable: boolean;
      firstSeen: string;
      lastSeen: string;
      eventCount: number;
      sessionCount: number;
      recentCount: number;
      trend: 'new' | 'rising' | 'steady' | 'falling' | 'quiet';
      recentRate: number | null;
      baselineRate: number | null;
      assignee: string | null;
      labels: string[];
    };
  };
  /** Add failures of a cluster to a replay set. */
  postApiV1ClustersClusterIdReplaySet: {
    path: { clusterId: string };
    body: {
      replaySet: string;
      callIds: string[];
      reason?: string;
    };
    response: {
      replaySet: string;
      added: number;
    };
  };
  /** What nights would change of more failures than they may by themselves, newest first. */
  getApiV1ClusterChanges: {
    response: {
      items: {
        changeId: string;
        runId: string | null;
        status: string;
        movedShare: number;
        clusters: number;
        merges: number;
        splits: number;
        createdAt: string;
        decidedAt: string | null;
        decidedBy: string | null;
      }[];
    };
  };
  /** Apply or reject a change that waits. */
  postApiV1ClusterChanges: {
    body: {
      changeId: string;
      decision: 'apply' | 'reject';
      reason?: string;
    };
    response: {
      changeId: string;
      opened: number;
      merges: number;
      splits: number;
    };
  };
  /** Calls, newest first. */
  getApiV1Calls: {
    query: { limit?: number; cursor?: string; sessionId?: string; turnShape?: string; provider?: string; status?: 'ok' | 'client_cancelled' | 'upstream_error' | 'incomplete'; clusterId?: string };
    response: {
      items: {
        callId: string;
        sessionId: string;
        source: string;
        startedAt: string;
        durationMs: number;
        timeToFirstChunkMs: number | null;
        clientFormat: string;
        provider: string | null;
        requestModel: string;
        responseModel: string | null;
        turnShape: string;
        policyId: string | null;
        epoch: number | null;
        ruleId: string | null;
        rolloutId: string | null;
        variant: string | null;
        prefixId: string | null;
        path: string;
        status: string;
        stopReason: string | null;
        errorType: string | null;
        inputTokens: number | null;
        cacheReadInputTokens: number | null;
        cacheCreationInputTokens: number | null;
        outputTokens: number | null;
        costUsd: number | null;
        failures: number;
      }[];
      nextCursor: string | null;
    };
  };
  /** One call: how it was routed, what it lost, how it scored; for operators, what was said in its four shapes. */
  getApiV1CallsCallId: {
    path: { callId: string };
    response: {
      callId: string;
      sessionId: string;
      source: string;
      startedAt: string;
      durationMs: number;
      timeToFirstChunkMs: number | null;
      clientFormat: string;
      provider: string | null;
      requestModel: string;
      responseModel: string | null;
      turnShape: string;
      policyId: string | null;
      epoch: number | null;
      ruleId: string | null;
      rolloutId: string | null;
      variant: string | null;
      prefixId: string | null;
      path: string;
      status: string;
      stopReason: string | null;
      errorType: string | null;
      inputTokens: number | null;
      cacheReadInputTokens: number | null;
      cacheCreationInputTokens: number | null;
      outputTokens: number | null;
      costUsd: number | null;
      failures: number;
      developer: string | null;
      repo: string | null;
      parentCallId: string | null;
      upstreamFormat: string | null;
      propensity: number | null;
      candidates: unknown;
      attempts: unknown;
      losses: unknown;
      completeness: unknown;
      capture: string;
      scores: {
        callId: string;
        subjectType: string;
        subjectId: string;
        scorer: string;
        scorerVersion: string;
        pass: string;
        sample: number;
        metric: string;
        status: string;
        outcome: string;
        value: number | null;
        owner: string | null;
        severity: string | null;
        confidence: number | null;
        samplingProbability: number;
        evidence: unknown;
        explanation: string | null;
        judge: unknown;
        costUsd: number;
        createdAt: string;
      }[];
      shapes: {
        request: {
          format: string;
          text: string | null;
          missing: string | null;
          isExact: boolean;
          inexact: string[];
        };
        upstream: {
          format: string;
          text: string | null;
          missing: string | null;
          isExact: boolean;
          inexact: string[];
        };
        raw: {
          format: string;
          text: string | null;
          missing: string | null;
          isExact: boolean;
          inexact: string[];
        };
        delivered: {
          format: string;
          text: string | null;
          missing: string | null;
          isExact: boolean;
          inexact: string[];
        };
      } | null;
    };
  };
  /** Score rows, newest call first. */
  getApiV1Scores: {
    query: { limit?: number; cursor?: string; callId?: string; outcome?: 'pass' | 'fail' | 'unknown'; scorer?: string };
    response: {
      items: {
        callId: string;
        subjectType: string;
        subjectId: string;
        scorer: string;
        scorerVersion: string;
        pass: string;
        sample: number;
        metric: string;
        status: string;
        outcome: string;
        value: number | null;
        owner: string | null;
        severity: string | null;
        confidence: number | null;
        samplingProbability: number;
        evidence: unknown;
        explanation: string | null;
        judge: unknown;
        costUsd: number;
        createdAt: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** Tokens and cost per day, provider and model. */
  getApiV1Usage: {
    query: { days?: number };
    response: {
      since: string;
      rows: {
        day: string;
        provider: string | null;
        model: string | null;
        calls: number;
        inputTokens: number;
        cacheReadInputTokens: number;
        cacheCreationInputTokens: number;
        outputTokens: number;
        costUsd: number;
      }[];
    };
  };
  /** Mean scores in groups and periods, each with n and an interval of 95 % (Wilson, clustered by session). */
  getApiV1ScoresSummary: {
    query: { days?: number; since?: string; until?: string; metric?: 'toolUse' | 'taskCompletion' | 'code' | 'fidelity' | 'efficiency' | 'triage'; scorer?: string; by?: string; every?: 'hour' | 'day' | 'week'; provider?: string; model?: string; turnShape?: string; repo?: string };
    response: {
      metric: 'toolUse' | 'taskCompletion' | 'code' | 'fidelity' | 'efficiency' | 'triage';
      scorer: string;
      since: string;
      until: string;
      rows: {
        value: number;
        low: number;
        high: number;
        effectiveN: number;
        n: number;
        sessions: number;
        undecided: number;
        group: Record<string, string | null>;
        from: string | null;
      }[];
    };
  };
  /** How well each provider and model uses tools, with intervals and the commonest faults. */
  getApiV1Scorecard: {
    query: { days?: number; since?: string; until?: string };
    response: {
      since: string;
      until: string;
      rows: {
        provider: string | null;
        model: string | null;
        toolUse: {
          value: number;
          low: number;
          high: number;
          effectiveN: number;
          n: number;
          sessions: number;
          undecided: number;
        };
        fidelity: {
          value: number;
          low: number;
          high: number;
          effectiveN: number;
          n: number;
          sessions: number;
          undecided: number;
        } | null;
        taskCompletion: {
          value: number;
          low: number;
          high: number;
          effectiveN: number;
          n: number;
          sessions: number;
          undecided: number;
        } | null;
        faults: {
          scorer: string;
          calls: number;
          share: number;
        }[];
      }[];
    };
  };
  /** A session: its quality, its scores and its effort, with its sub-agents under the agents that started them. */
  getApiV1SessionsSessionIdScores: {
    path: { sessionId: string };
    response: {
      sessionId: string;
      quality: number | null;
      closedAt: string | null;
      turnShape: string;
      effort: {
        calls: number;
        tokens: number;
        redundantReads: number;
        repeatedCalls: number;
        failedCalls: number;
        wastedCalls: number;
      } | null;
      scores: {
        metric: string;
        scorer: string;
        status: string;
        value: number | null;
        explanation: string | null;
      }[];
      agents: {
        agentId: string;
        parentAgentId: string | null;
        depth: number;
        effort: {
          calls: number;
          tokens: number;
          redundantReads: number;
          repeatedCalls: number;
          failedCalls: number;
          wastedCalls: number;
        };
        effortWithAgents: {
          calls: number;
          tokens: number;
          redundantReads: number;
          repeatedCalls: number;
          failedCalls: number;
          wastedCalls: number;
        };
        scores: {
          metric: string;
          scorer: string;
          status: string;
          value: number | null;
          explanation: string | null;
        }[];
      }[];
    };
  };
  /** Say of a call or a session whether the model did its work; said again, it replaces what was said. */
  postApiV1Labels: {
    body: {
      callId?: string;
      sessionId?: string;
      metric?: 'taskCompletion' | 'toolUse' | 'code';
      outcome: 'pass' | 'fail';
      labeller?: string;
      note?: string;
    };
    response: {
      subjectType: string;
      subjectId: string;
      metric: string;
      labeller: string;
      callId: string;
      sessionId: string;
      outcome: 'pass' | 'fail';
      note: string | null;
      createdAt: string;
    };
  };
  /** Labels, newest first; notes, which may quote a call, for operators only. */
  getApiV1Labels: {
    query: { limit?: number; cursor?: string; labeller?: string; metric?: 'taskCompletion' | 'toolUse' | 'code' };
    response: {
      items: {
        subjectType: string;
        subjectId: string;
        metric: string;
        labeller: string;
        callId: string;
        sessionId: string;
        outcome: 'pass' | 'fail';
        note: string | null;
        createdAt: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** How far each judge agrees with people, whether it may drive the optimizer, and whether it drifts. */
  getApiV1Judges: {
    response: {
      calibrations: {
        rubric: string;
        rubricVersion: string;
        judge: string;
        method: 'platt' | 'isotonic';
        labels: number;
        agreement: {
          n: number;
          sessions: number;
          kappa: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          mcc: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          auroc: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          brier: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          ece: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          precision: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          falsePassRate: {
            value: number | null;
            interval: {
              low: number;
              high: number;
            } | null;
          };
          sensitivity: number | null;
          specificity: number | null;
        };
        gatePassed: boolean;
        gateReason: string | null;
        fittedAt: string;
      }[];
      drift: {
        rubric: string;
        rubricVersion: string;
        judge: string;
        night: string;
        anchors: number;
        disagreed: number;
        flipped: number;
        compared: number;
        level: number;
        alarmAt: string | null;
      }[];
    };
  };
  /** Pass rates by judge, turn shape, model and policy, raw and corrected for how the judge errs. */
  getApiV1JudgesRates: {
    query: { days?: number };
    response: {
      since: string;
      rates: {
        rubric: string;
        rubricVersion: string;
        judge: string;
        turnShape: string;
        model: string;
        policyId: string | null;
        judged: number;
        passed: number;
        corrected: number | null;
      }[];
    };
  };
  /** Providers with their models, and how each one's token counts differ from ours. */
  getApiV1Providers: {
    response: {
      models: {
        provider: string;
        model: string;
        gateways: number;
        updatedAt: string | null;
        estimate: {
          seen: number;
          median: number | null;
          factor: number;
        };
        prompt: {
          seen: number;
          median: number | null;
          factor: number;
        };
        growth: {
          seen: number;
          median: number | null;
          factor: number;
        };
        answer: {
          seen: number;
          median: number | null;
          factor: number;
        };
      }[];
    };
  };
  /** What translation lost of a provider's calls: per kind the calls affected, where, and examples. */
  getApiV1ProvidersProviderLosses: {
    path: { provider: string };
    query: { days?: number; since?: string };
    response: {
      provider: string;
      since: string;
      calls: number;
      kinds: {
        kind: 'dropped' | 'approximated' | 'clamped' | 'renamed' | 'repaired';
        calls: number;
        share: number;
        models: {
          model: string | null;
          calls: number;
        }[];
        places: {
          pointer: string;
          format: string;
          detail: string;
          calls: number;
          count: number;
        }[];
        callIds: string[];
      }[];
    };
  };
  /** Policies, newest first. */
  getApiV1Policies: {
    query: { limit?: number; cursor?: string };
    response: {
      items: {
        policyId: string;
        number: number;
        state: string;
        serving: 'stable' | 'canary' | 'revoked' | 'no';
        parentId: string | null;
        author: string;
        reason: string;
        risk: string;
        riskClass: 'automatic' | 'canary' | 'human';
        createdAt: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** Store a policy as a proposal; nothing is served by it yet. */
  postApiV1Policies: {
    body: {
      body: unknown;
      parentId?: string;
      reason: string;
    };
    response: {
      policyId: string;
      number: number;
      state: string;
      serving: 'stable' | 'canary' | 'revoked' | 'no';
      parentId: string | null;
      author: string;
      reason: string;
      risk: string;
      riskClass: 'automatic' | 'canary' | 'human';
      createdAt: string;
      body: {
        schema: 1;
        turnShapeVersion: number;
        routes: {
          id: string;
          match: {
            requestModel?: string;
            turnShape?: string;
            developer?: string;
            repo?: string;
            project?: string;
            flagged?: boolean;
          };
          targets: {
            model: string;
            weight: number;
            prefixId?: string;
          }[];
          fallbacks: string[];
          exploration: {
            model: string;
            share: number;
          }[];
        }[];
        safeDefault: string;
      };
      evidence: unknown;
      approvals: {
        person: string;
        reason: string;
        approvedAt: string;
      }[];
      approvalsNeeded: number;
      coolOff: {
        rollbacks: number;
        until: string;
      } | null;
    };
  };
  /** Who changed what is served, why, and on what evidence. */
  getApiV1PoliciesHistory: {
    query: { limit?: number; cursor?: string };
    response: {
      items: {
        sequence: number;
        action: string;
        actor: string;
        subject: string;
        reason: string;
        details: Record<string, unknown>;
        happenedAt: string;
        previousHash: string;
        hash: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** One policy with its evidence. */
  getApiV1PoliciesPolicyId: {
    path: { policyId: string };
    response: {
      policyId: string;
      number: number;
      state: string;
      serving: 'stable' | 'canary' | 'revoked' | 'no';
      parentId: string | null;
      author: string;
      reason: string;
      risk: string;
      riskClass: 'automatic' | 'canary' | 'human';
      createdAt: string;
      body: {
        schema: 1;
        turnShapeVersion: number;
        routes: {
          id: string;
          match: {
            requestModel?: string;
            turnShape?: string;
            developer?: string;
            repo?: string;
            project?: string;
            flagged?: boolean;
          };
          targets: {
            model: string;
            weight: number;
            prefixId?: string;
          }[];
          fallbacks: string[];
          exploration: {
            model: string;
            share: number;
          }[];
        }[];
        safeDefault: string;
      };
      evidence: unknown;
      approvals: {
        person: string;
        reason: string;
        approvedAt: string;
      }[];
      approvalsNeeded: number;
      coolOff: {
        rollbacks: number;
        until: string;
      } | null;
    };
  };
  /** What a policy changes against another one, or against its parent, and what that needs. */
  getApiV1PoliciesPolicyIdDiff: {
    path: { policyId: string };
    query: { against?: string };
    response: {
      policyId: string;
      number: number;
      against: string | null;
      changes: string[];
      risk: string;
      riskClass: 'automatic' | 'canary' | 'human';
      reasons: string[];
    };
  };
  /** What only people may change, as it is in force. */
  getApiV1Governance: {
    response: {
      version: number;
      author: string;
      createdAt: string;
      body: {
        models: {
          id: string;
          provider: string;
          aliases: string[];
          price?: {
            input: number;
            output: number;
            cacheRead?: number;
            cacheWrite?: number;
          };
          contextTokens?: number;
          maxOutputTokens?: number;
          reasoningEffort?: boolean;
          region?: string;
          features?: ('tools' | 'images')[];
        }[];
        qualityBar: number;
        weights: 'off' | 'propose' | 'automatic';
        prefixes: 'off' | 'propose' | 'automatic';
        rollout: {
          canary: number;
          minSessions: number;
          minDurationMs: number;
          watermarkMs: number;
          maxSessions: number;
          maxDurationMs: number;
        };
        exploration: number;
        bootstrapShare: number;
        exposureMax: number;
        weightStepMax: number;
        residency: string[];
        approvals: number;
        changesPerDay: number;
        coolOffMs: number;
        escalation: {
          failures: number;
          windowMs: number;
          cacheLossMaxUsd: number;
        };
        session: {
          idleMs: number;
          openMaxMs: number;
        };
        latency: {
          p95MaxMs?: number;
        };
        alarm: {
          falseAlarmsPerMonth: number;
          tolerance: number;
          immediateDrop: number;
        };
        alphas: {
          rollBack: number;
          promote: number;
          proven: number;
          rollBackTolerance: number;
          nonInferiorityMargin: number;
          provenTolerance: number;
        };
      };
    };
  };
  /** Refused: trimtab.yaml says what governance is. */
  postApiV1Governance: {
    body: Record<string, unknown>;
    response: {
      version: number;
      author: string;
      createdAt: string;
      body: {
        models: {
          id: string;
          provider: string;
          aliases: string[];
          price?: {
            input: number;
            output: number;
            cacheRead?: number;
            cacheWrite?: number;
          };
          contextTokens?: number;
          maxOutputTokens?: number;
          reasoningEffort?: boolean;
          region?: string;
          features?: ('tools' | 'images')[];
        }[];
        qualityBar: number;
        weights: 'off' | 'propose' | 'automatic';
        prefixes: 'off' | 'propose' | 'automatic';
        rollout: {
          canary: number;
          minSessions: number;
          minDurationMs: number;
          watermarkMs: number;
          maxSessions: number;
          maxDurationMs: number;
        };
        exploration: number;
        bootstrapShare: number;
        exposureMax: number;
        weightStepMax: number;
        residency: string[];
        approvals: number;
        changesPerDay: number;
        coolOffMs: number;
        escalation: {
          failures: number;
          windowMs: number;
          cacheLossMaxUsd: number;
        };
        session: {
          idleMs: number;
          openMaxMs: number;
        };
        latency: {
          p95MaxMs?: number;
        };
        alarm: {
          falseAlarmsPerMonth: number;
          tolerance: number;
          immediateDrop: number;
        };
        alphas: {
          rollBack: number;
          promote: number;
          proven: number;
          rollBackTolerance: number;
          nonInferiorityMargin: number;
          provenTolerance: number;
        };
      };
    };
  };
  /** What gateways serve now; ETag, and long poll with If-None-Match and wait. */
  getApiV1PoliciesActive: {
    query: { wait?: number };
    response: {
      projectId: string;
      epoch: number;
      salt: string;
      stable: {
        policyId: string;
        number: number;
        body: {
          schema: 1;
          turnShapeVersion: number;
          routes: {
            id: string;
            match: {
              requestModel?: string;
              turnShape?: string;
              developer?: string;
              repo?: string;
              project?: string;
              flagged?: boolean;
            };
            targets: {
              model: string;
              weight: number;
              prefixId?: string;
            }[];
            fallbacks: string[];
            exploration: {
              model: string;
              share: number;
            }[];
          }[];
          safeDefault: string;
        };
      };
      canary: {
        policyId: string;
        number: number;
        body: {
          schema: 1;
          turnShapeVersion: number;
          routes: {
            id: string;
            match: {
              requestModel?: string;
              turnShape?: string;
              developer?: string;
              repo?: string;
              project?: string;
              flagged?: boolean;
            };
            targets: {
              model: string;
              weight: number;
              prefixId?: string;
            }[];
            fallbacks: string[];
            exploration: {
              model: string;
              share: number;
            }[];
          }[];
          safeDefault: string;
        };
      } | null;
      rollout: {
        rolloutId: string;
        openedAtMs: number;
        canaryShare: number;
      } | null;
      explorationShare: number;
      revoked: string[];
      prefixes: Record<string, string>;
      models: {
        id: string;
        provider: string;
        aliases: string[];
        price?: {
          input: number;
          output: number;
          cacheRead?: number;
          cacheWrite?: number;
        };
        contextTokens?: number;
        maxOutputTokens?: number;
        reasoningEffort?: boolean;
        region?: string;
        features?: ('tools' | 'images')[];
      }[];
      governanceVersion: number;
      paused: boolean;
      residency?: string[];
      escalation?: {
        failures: number;
        windowMs: number;
        cacheLossMaxUsd: number;
      };
    };
  };
  /** Say that a proposal may be served; with two-person approval the second one counts. */
  postApiV1PoliciesPolicyIdApprove: {
    path: { policyId: string };
    body: {
      reason: string;
    };
    response: {
      policyId: string;
      state: string;
      approvals: number;
      approvalsNeeded: number;
    };
  };
  /** Say that a proposal shall never be served. */
  postApiV1PoliciesPolicyIdReject: {
    path: { policyId: string };
    body: {
      reason: string;
    };
    response: {
      policyId: string;
      state: string;
      approvals: number;
      approvalsNeeded: number;
    };
  };
  /** Make a stored policy the stable one. */
  postApiV1PoliciesPolicyIdActivate: {
    path: { policyId: string };
    body: {
      reason: string;
      expectedEpoch?: number;
    };
    response: {
      epoch: number;
      stable: string;
      canary: string | null;
    };
  };
  /** The same, and the optimizer moves away from it only after a resume. */
  postApiV1PoliciesPolicyIdPin: {
    path: { policyId: string };
    body: {
      reason: string;
      expectedEpoch?: number;
    };
    response: {
      epoch: number;
      stable: string;
      canary: string | null;
    };
  };
  /** Take the latest change out of service: a rollout in flight, else the stable policy. */
  postApiV1PoliciesRollback: {
    body: {
      reason: string;
      expectedEpoch?: number;
    };
    response: {
      epoch: number;
      stable: string;
      canary: string | null;
      revoked: string;
      slot: 'canary' | 'stable';
    };
  };
  /** Searches for prefixes, newest first. */
  getApiV1PromptRuns: {
    query: { limit?: number; cursor?: string; clusterId?: string };
    response: {
      items: {
        promptRunId: string;
        runId: string | null;
        clusterId: string | null;
        optimizer: string;
        status: 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';
        seedPrefixId: string | null;
        candidatePrefixId: string | null;
        settings: unknown;
        plan: unknown;
        progress: unknown;
        result: unknown;
        budgetUsd: number | null;
        costUsd: number;
        cancelledBy: string | null;
        createdAt: string;
        updatedAt: string;
        finishedAt: string | null;
      }[];
      nextCursor: string | null;
    };
  };
  /** Begin a search for a prefix that cures a cluster; with dryRun its plan and cost alone. */
  postApiV1PromptRuns: {
    body: {
      cluster: string;
      optimizer?: string;
      optimizerOptions?: Record<string, unknown>;
      budgetUsd?: number;
      maxReplays?: number;
      model?: string;
      turnShape?: string;
      seed?: number;
      dryRun?: boolean;
    };
    response: {
      optimizer: string;
      plan: {
        rows: {
          propose: number;
          select: number;
          report: number;
          failing: number;
          passing: number;
          found: number;
          sameSession: number;
          duplicates: number;
          overKeyCap: number;
          notCaptured: number;
        };
        replayUsd: number;
        replayMostUsd: number;
        fullScoreUsd: number;
        floorCalls: number;
        floorUsd: number;
        taskCalls: number;
        expectedUsd: number;
        budgetUsd: number;
        boundByMoney: boolean;
      };
      settings: unknown;
      promptRunId: string | null;
    };
  };
  /** One search with all its candidates and what it spent. */
  getApiV1PromptRunsPromptRunId: {
    path: { promptRunId: string };
    response: {
      promptRunId: string;
      runId: string | null;
      clusterId: string | null;
      optimizer: string;
      status: 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';
      seedPrefixId: string | null;
      candidatePrefixId: string | null;
      settings: unknown;
      plan: unknown;
      progress: unknown;
      result: unknown;
      budgetUsd: number | null;
      costUsd: number;
      cancelledBy: string | null;
      createdAt: string;
      updatedAt: string;
      finishedAt: string | null;
      candidates: {
        prefixId: string;
        position: number;
        parents: string[];
        operator: string;
        problem: string | null;
        mean: number | null;
        evaluations: number;
        body: string;
      }[];
      expenses: {
        kind: 'task' | 'teacher' | 'judge';
        count: number;
        spentUsd: number;
        reservedUsd: number;
      }[];
    };
  };
  /** A prefix, those that it was made from, and the searches that found them. */
  getApiV1PrefixesPrefixId: {
    path: { prefixId: string };
    response: {
      steps: {
        prefixId: string;
        body: string;
        author: string;
        createdAt: string;
        parentId: string | null;
        clusterId: string | null;
        origins: {
          prefixId: string;
          position: number;
          parents: string[];
          operator: string;
          problem: string | null;
          mean: number | null;
          evaluations: number;
          promptRunId: string;
          optimizer: string;
          clusterId: string | null;
          createdAt: string;
        }[];
      }[];
    };
  };
  /** Replayed calls, newest first. */
  getApiV1Replays: {
    query: { limit?: number; cursor?: string; promptRunId?: string; status?: 'pending' | 'done' | 'error' };
    response: {
      items: {
        replayId: string;
        promptRunId: string | null;
        callId: string;
        model: string;
        prefixId: string | null;
        sample: number;
        status: string;
        toolUse: number | null;
        failed: string[];
        error: string | null;
        costUsd: number;
        createdAt: string;
        finishedAt: string | null;
      }[];
      nextCursor: string | null;
    };
  };
  /** End a search before its next step; what it has spent is spent. */
  postApiV1PromptRunsPromptRunIdCancel: {
    path: { promptRunId: string };
    body: Record<string, unknown>;
    response: {
      promptRunId: string;
      runId: string | null;
      clusterId: string | null;
      optimizer: string;
      status: 'running' | 'accepted' | 'rejected' | 'failed' | 'cancelled';
      seedPrefixId: string | null;
      candidatePrefixId: string | null;
      settings: unknown;
      plan: unknown;
      progress: unknown;
      result: unknown;
      budgetUsd: number | null;
      costUsd: number;
      cancelledBy: string | null;
      createdAt: string;
      updatedAt: string;
      finishedAt: string | null;
    };
  };
  /** Rollouts, newest first. */
  getApiV1Rollouts: {
    query: { limit?: number; cursor?: string };
    response: {
      items: {
        rolloutId: string;
        number: number;
        kind: string;
        candidate: string;
        baseline: string;
        status: string;
        canaryShare: number;
        settings: {
          minSessions: number;
          maxSessions: number;
          minDurationMs: number;
          maxDurationMs: number;
          watermarkMs: number;
          sessionIdleMs: number;
          sessionOpenMaxMs: number;
          alphaRollBack: number;
          alphaPromote: number;
          rollBackTolerance: number;
          nonInferiorityMargin: number;
          place: number | null;
          stratum: string | null;
        };
        openedEpoch: number;
        openedAt: string;
        closedAt: string | null;
        evidence: unknown;
      }[];
      nextCursor: string | null;
    };
  };
  /** One rollout with its evidence. */
  getApiV1RolloutsRolloutId: {
    path: { rolloutId: string };
    response: {
      rolloutId: string;
      number: number;
      kind: string;
      candidate: string;
      baseline: string;
      status: string;
      canaryShare: number;
      settings: {
        minSessions: number;
        maxSessions: number;
        minDurationMs: number;
        maxDurationMs: number;
        watermarkMs: number;
        sessionIdleMs: number;
        sessionOpenMaxMs: number;
        alphaRollBack: number;
        alphaPromote: number;
        rollBackTolerance: number;
        nonInferiorityMargin: number;
        place: number | null;
        stratum: string | null;
      };
      openedEpoch: number;
      openedAt: string;
      closedAt: string | null;
      evidence: unknown;
    };
  };
  /** Stop a rollout without a verdict; the stable policy stays, and the candidate may be tried again. */
  postApiV1RolloutsRolloutIdAbort: {
    path: { rolloutId: string };
    body: {
      reason: string;
    };
    response: {
      epoch: number;
      stable: string;
      canary: string | null;
    };
  };
  /** Runs of the optimizer, newest first. */
  getApiV1Runs: {
    query: { limit?: number; cursor?: string };
    response: {
      items: {
        runId: string;
        job: string;
        logicalTime: string;
        trigger: string;
        status: string;
        attempt: number;
        createdAt: string;
        startedAt: string | null;
        finishedAt: string | null;
        progress: {
          step: string | null;
          stepStartedAt: string | null;
          took: Record<string, number>;
          done: number | null;
          total: number | null;
        };
        summary: Record<string, unknown>;
      }[];
      nextCursor: string | null;
    };
  };
  /** One run of the optimizer. */
  getApiV1RunsRunId: {
    path: { runId: string };
    response: {
      runId: string;
      job: string;
      logicalTime: string;
      trigger: string;
      status: string;
      attempt: number;
      createdAt: string;
      startedAt: string | null;
      finishedAt: string | null;
      progress: {
        step: string | null;
        stepStartedAt: string | null;
        took: Record<string, number>;
        done: number | null;
        total: number | null;
      };
      summary: Record<string, unknown>;
    };
  };
  /** Where a run stands and how long it still takes, as server-sent events until it ends. */
  getApiV1RunsRunIdEvents: {
    path: { runId: string };
    response: {
      runId: string;
      status: string;
      step: string | null;
      stepNumber: number;
      steps: number;
      elapsedMs: number;
      remainingMs: number | null;
    };
  };
  /** The audit log, newest first. */
  getApiV1Audit: {
    query: { limit?: number; cursor?: string };
    response: {
      items: {
        sequence: number;
        action: string;
        actor: string;
        subject: string;
        reason: string;
        details: Record<string, unknown>;
        happenedAt: string;
        previousHash: string;
        hash: string;
      }[];
      nextCursor: string | null;
    };
  };
  /** Is it doing anything, and if not, why not. */
  getApiV1Status: {
    response: {
      projectId: string;
      paused: boolean;
      pinnedPolicy: string | null;
      stoppedBy: {
        actor: string;
        reason: string;
        since: string;
      } | null;
      modes: {
        weights: 'off' | 'propose' | 'automatic';
        prefixes: 'off' | 'propose' | 'automatic';
      } | null;
      qualityBar: number | null;
      judges: {
        on: boolean;
        names: string[];
        drifts: {
          judge: string;
          rubric: string;
          since: string;
          until: string | null;
        }[];
      };
      pointer: {
        stable: string;
        stableNumber: number | null;
        canary: string | null;
        epoch: number;
        revoked: string[];
        updatedAt: string;
      } | null;
      rollout: {
        rolloutId: string;
        number: number;
        kind: string;
        candidate: string;
        openedAt: string;
        pairs: number;
        pairsNeeded: number;
        pairsMax: number;
        text: string | null;
      } | null;
      alarms: {
        watching: number;
        raised: number;
      };
      shapes: {
        turnShape: string;
        sessions: number;
        scored: number;
        open: number;
        reason: string;
        currentModel: string | null;
        held: string | null;
        models: {
          model: string;
          sessions: number;
          sessionsNeeded: number | null;
          verdict: string;
          mean: number | null;
          lower: number;
          upper: number;
          expectedCostUsd: number | null;
          weighed: {
            value: number;
            low: number;
            high: number;
            effectiveN: number;
          } | null;
          latency: {
            duration: {
              sessions: number;
              p50: number;
              p95: number;
              p95Low: number | null;
              p95High: number | null;
            } | null;
            timeToFirstChunk: {
              sessions: number;
              p50: number;
              p95: number;
              p95Low: number | null;
              p95High: number | null;
            } | null;
          };
          heldSessions: number;
        }[];
      }[];
      nextNightly: string | null;
      lastRun: {
        runId: string;
        job: string;
        status: string;
        finishedAt: string | null;
        routing: unknown;
        prefix: unknown;
      } | null;
      gateways: {
        gatewayId: string;
        epoch: number | null;
        current: boolean;
        seenAt: string;
        lastError: string | null;
        spoolPending: number;
      }[];
    };
  };
  /** Stop every automatic change. */
  postApiV1OptimizerPause: {
    body: {
      reason: string;
    };
    response: {
      paused: boolean;
      pinnedPolicy: string | null;
      actor: string;
      reason: string;
      updatedAt: string;
    };
  };
  /** Let the optimizer act again, and lift a pin. */
  postApiV1OptimizerResume: {
    body: {
      reason: string;
    };
    response: {
      paused: boolean;
      pinnedPolicy: string | null;
      actor: string;
      reason: string;
      updatedAt: string;
    };
  };
  /** What a cycle would do now, and why; nothing is done. */
  getApiV1OptimizerPlan: {
    response: {
      asOf: string;
      stable: {
        policyId: string;
        number: number;
      } | null;
      routing: {
        mode: 'off' | 'propose' | 'automatic';
        reason: string | null;
        explanations: unknown[];
        judgeDrifts: {
          judge: string;
          rubric: string;
          since: string;
          until: string | null;
        }[];
        offPolicy: {
          result: 'passed' | 'proven' | 'not_needed' | 'insufficient_overlap' | 'worse' | 'not_shown';
          goesOn: boolean;
          reason: string;
          urgentShapes: string[];
          effectiveSessionsMin: number;
          tolerance: number;
          comparison: {
            sessions: number;
            affected: number;
            effectiveSessions: number;
            uncovered: number;
            draft: {
              ips: {
                value: number;
                low: number;
                high: number;
              } | null;
              snips: {
                value: number;
                low: number;
                high: number;
              } | null;
              dr: {
                value: number;
                low: number;
                high: number;
              } | null;
            };
            incumbent: {
              ips: {
                value: number;
                low: number;
                high: number;
              } | null;
              snips: {
                value: number;
                low: number;
                high: number;
              } | null;
              dr: {
                value: number;
                low: number;
                high: number;
              } | null;
            };
            difference: {
              value: number;
              low: number;
              high: number;
            } | null;
          } | null;
        } | null;
        draft: {
          policyId: string;
          why: string;
          changes: string[];
          risk: string;
          riskClass: 'automatic' | 'canary' | 'human';
          reasons: string[];
          body: {
            schema: 1;
            turnShapeVersion: number;
            routes: {
              id: string;
              match: {
                requestModel?: string;
                turnShape?: string;
                developer?: string;
                repo?: string;
                project?: string;
                flagged?: boolean;
              };
              targets: {
                model: string;
                weight: number;
                prefixId?: string;
              }[];
              fallbacks: string[];
              exploration: {
                model: string;
                share: number;
              }[];
            }[];
            safeDefault: string;
          };
          outcome: 'propose' | 'activate' | 'open_canary' | 'hold';
          heldBy: string | null;
        } | null;
      } | null;
      prefixes: {
        mode: 'off' | 'propose' | 'automatic';
      } | null;
    };
  };
  /** Ask for a cycle now. */
  postApiV1OptimizerRun: {
    body: {
      reason: string;
    };
    response: {
      runId: string;
      job: string;
      logicalTime: string;
      trigger: string;
      status: string;
      attempt: number;
      createdAt: string;
      startedAt: string | null;
      finishedAt: string | null;
      progress: {
        step: string | null;
        stepStartedAt: string | null;
        took: Record<string, number>;
        done: number | null;
        total: number | null;
      };
      summary: Record<string, unknown>;
    };
  };
  /** Cost and quality against what the baseline served at the same time, by turn shape and provider. */
  getApiV1Report: {
    query: { since?: string; baseline?: string };
    response: {
      since: string;
      until: string;
      baseline: {
        policyId: string;
        number: number;
      };
      total: {
        name: string;
        sessions: number;
        scored: number;
        costUsd: number;
        costPerSessionUsd: {
          mean: number;
          low: number;
          high: number;
        } | null;
        quality: {
          mean: number;
          low: number;
          high: number;
        } | null;
        hardFailureShare: number;
        comparable: number;
        costDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
        qualityDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
      };
      shapes: {
        name: string;
        sessions: number;
        scored: number;
        costUsd: number;
        costPerSessionUsd: {
          mean: number;
          low: number;
          high: number;
        } | null;
        quality: {
          mean: number;
          low: number;
          high: number;
        } | null;
        hardFailureShare: number;
        comparable: number;
        costDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
        qualityDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
      }[];
      providers: {
        name: string;
        sessions: number;
        scored: number;
        costUsd: number;
        costPerSessionUsd: {
          mean: number;
          low: number;
          high: number;
        } | null;
        quality: {
          mean: number;
          low: number;
          high: number;
        } | null;
        hardFailureShare: number;
        comparable: number;
        costDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
        qualityDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
      }[];
      rollouts: {
        rolloutId: string;
        number: number;
        status: string;
        candidate: string;
        canarySessions: number;
        controlSessions: number;
        costDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
        qualityDifference: {
          perSession: {
            mean: number;
            low: number;
            high: number;
          };
          total: {
            mean: number;
            low: number;
            high: number;
          };
          sessions: number;
        } | null;
      }[];
      overhead: {
        judgesUsd: number;
        replaysUsd: number;
      };
    };
  };
}

type OperationId = keyof Operations;
type Field<Id extends OperationId, Name extends string> = Operations[Id] extends { [key in Name]: infer Value } ? Value : never;
type OptionalKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? never : Key }[keyof T];
/** Fields that may be left out altogether when nothing in them is required. */
type Part<Id extends OperationId, Name extends string> = [Field<Id, Name>] extends [never]
  ? { readonly [key in Name]?: undefined }
  : [OptionalKeys<Field<Id, Name>>] extends [never]
    ? { readonly [key in Name]?: Field<Id, Name> }
    : { readonly [key in Name]: Field<Id, Name> };

export type OperationInput<Id extends OperationId> = Part<Id, 'path'> & Part<Id, 'query'> & Part<Id, 'body'>;
export type OperationOutput<Id extends OperationId> = Operations[Id]['response'];

interface Route {
  readonly method: string;
  readonly path: string;
  /** The answer is a stream of events, and `call` gives the first; use `request` for all of them. */
  readonly streams?: true;
}

const ROUTES: Readonly<Record<OperationId, Route>> = {
  getApiV1Clusters: { method: 'GET', path: '/api/v1/clusters' },
  getApiV1ClustersClusterId: { method: 'GET', path: '/api/v1/clusters/{clusterId}' },
  getApiV1ClustersClusterIdCalls: { method: 'GET', path: '/api/v1/clusters/{clusterId}/calls' },
  postApiV1ClustersClusterIdMerge: { method: 'POST', path: '/api/v1/clusters/{clusterId}/merge' },
  postApiV1ClustersClusterIdSplit: { method: 'POST', path: '/api/v1/clusters/{clusterId}/split' },
  postApiV1ClustersClusterIdResolve: { method: 'POST', path: '/api/v1/clusters/{clusterId}/resolve' },
  postApiV1ClustersClusterIdIgnore: { method: 'POST', path: '/api/v1/clusters/{clusterId}/ignore' },
  postApiV1ClustersClusterIdArchive: { method: 'POST', path: '/api/v1/clusters/{clusterId}/archive' },
  postApiV1ClustersClusterIdReopen: { method: 'POST', path: '/api/v1/clusters/{clusterId}/reopen' },
  postApiV1ClustersClusterIdAssign: { method: 'POST', path: '/api/v1/clusters/{clusterId}/assign' },
  postApiV1ClustersClusterIdRename: { method: 'POST', path: '/api/v1/clusters/{clusterId}/rename' },
  postApiV1ClustersClusterIdLabels: { method: 'POST', path: '/api/v1/clusters/{clusterId}/labels' },
  postApiV1ClustersClusterIdComments: { method: 'POST', path: '/api/v1/clusters/{clusterId}/comments' },
  postApiV1ClustersClusterIdClaims: { method: 'POST', path: '/api/v1/clusters/{clusterId}/claims' },
  postApiV1ClustersClusterIdReplaySet: { method: 'POST', path: '/api/v1/clusters/{clusterId}/replay-set' },
  getApiV1ClusterChanges: { method: 'GET', path: '/api/v1/cluster-changes' },
  postApiV1ClusterChanges: { method: 'POST', path: '/api/v1/cluster-changes' },
  getApiV1Calls: { method: 'GET', path: '/api/v1/calls' },
  getApiV1CallsCallId: { method: 'GET', path: '/api/v1/calls/{callId}' },
  getApiV1Scores: { method: 'GET', path: '/api/v1/scores' },
  getApiV1Usage: { method: 'GET', path: '/api/v1/usage' },
  getApiV1ScoresSummary: { method: 'GET', path: '/api/v1/scores/summary' },
  getApiV1Scorecard: { method: 'GET', path: '/api/v1/scorecard' },
  getApiV1SessionsSessionIdScores: { method: 'GET', path: '/api/v1/sessions/{sessionId}/scores' },
  postApiV1Labels: { method: 'POST', path: '/api/v1/labels' },
  getApiV1Labels: { method: 'GET', path: '/api/v1/labels' },
  getApiV1Judges: { method: 'GET', path: '/api/v1/judges' },
  getApiV1JudgesRates: { method: 'GET', path: '/api/v1/judges/rates' },
  getApiV1Providers: { method: 'GET', path: '/api/v1/providers' },
  getApiV1ProvidersProviderLosses: { method: 'GET', path: '/api/v1/providers/{provider}/losses' },
  getApiV1Policies: { method: 'GET', path: '/api/v1/policies' },
  postApiV1Policies: { method: 'POST', path: '/api/v1/policies' },
  getApiV1PoliciesHistory: { method: 'GET', path: '/api/v1/policies/history' },
  getApiV1PoliciesPolicyId: { method: 'GET', path: '/api/v1/policies/{policyId}' },
  getApiV1PoliciesPolicyIdDiff: { method: 'GET', path: '/api/v1/policies/{policyId}/diff' },
  getApiV1Governance: { method: 'GET', path: '/api/v1/governance' },
  postApiV1Governance: { method: 'POST', path: '/api/v1/governance' },
  getApiV1PoliciesActive: { method: 'GET', path: '/api/v1/policies/active' },
  postApiV1PoliciesPolicyIdApprove: { method: 'POST', path: '/api/v1/policies/{policyId}/approve' },
  postApiV1PoliciesPolicyIdReject: { method: 'POST', path: '/api/v1/policies/{policyId}/reject' },
  postApiV1PoliciesPolicyIdActivate: { method: 'POST', path: '/api/v1/policies/{policyId}/activate' },
  postApiV1PoliciesPolicyIdPin: { method: 'POST', path: '/api/v1/policies/{policyId}/pin' },
  postApiV1PoliciesRollback: { method: 'POST', path: '/api/v1/policies/rollback' },
  getApiV1PromptRuns: { method: 'GET', path: '/api/v1/prompt-runs' },
  postApiV1PromptRuns: { method: 'POST', path: '/api/v1/prompt-runs' },
  getApiV1PromptRunsPromptRunId: { method: 'GET', path: '/api/v1/prompt-runs/{promptRunId}' },
  getApiV1PrefixesPrefixId: { method: 'GET', path: '/api/v1/prefixes/{prefixId}' },
  getApiV1Replays: { method: 'GET', path: '/api/v1/replays' },
  postApiV1PromptRunsPromptRunIdCancel: { method: 'POST', path: '/api/v1/prompt-runs/{promptRunId}/cancel' },
  getApiV1Rollouts: { method: 'GET', path: '/api/v1/rollouts' },
  getApiV1RolloutsRolloutId: { method: 'GET', path: '/api/v1/rollouts/{rolloutId}' },
  postApiV1RolloutsRolloutIdAbort: { method: 'POST', path: '/api/v1/rollouts/{rolloutId}/abort' },
  getApiV1Runs: { method: 'GET', path: '/api/v1/runs' },
  getApiV1RunsRunId: { method: 'GET', path: '/api/v1/runs/{runId}' },
  getApiV1RunsRunIdEvents: { method: 'GET', path: '/api/v1/runs/{runId}/events', streams: true },
  getApiV1Audit: { method: 'GET', path: '/api/v1/audit' },
  getApiV1Status: { method: 'GET', path: '/api/v1/status' },
  postApiV1OptimizerPause: { method: 'POST', path: '/api/v1/optimizer/pause' },
  postApiV1OptimizerResume: { method: 'POST', path: '/api/v1/optimizer/resume' },
  getApiV1OptimizerPlan: { method: 'GET', path: '/api/v1/optimizer/plan' },
  postApiV1OptimizerRun: { method: 'POST', path: '/api/v1/optimizer/run' },
  getApiV1Report: { method: 'GET', path: '/api/v1/report' },
};

export interface TrimtabClient {
  /** Sends one operation and gives its answer. Throws `TrimtabApiError` for any other answer than a success. */
  call<Id extends OperationId>(
    id: Id,
    ...input: Record<string, never> extends OperationInput<Id> ? [input?: OperationInput<Id>] : [input: OperationInput<Id>]
  ): Promise<OperationOutput<Id>>;
  /** The answer as it comes over the wire, for streams. */
  request(id: OperationId, input?: RequestInput, signal?: AbortSignal): Promise<Response>;
}

interface RequestInput {
  readonly path?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

/** A client of one Trimtab. */
export function createTrimtabClient(options: ClientOptions): TrimtabClient {
  const { baseUrl = 'http://127.0.0.1:7401', token, fetch = globalThis.fetch } = options;

  const request = async (id: OperationId, input: RequestInput = {}, signal?: AbortSignal): Promise<Response> => {
    const { method, path } = ROUTES[id];
    const filled = path.replace(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(String(input.path?.[name])));
    const url = new URL(filled, baseUrl);
    for (const [name, value] of Object.entries(input.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(input.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  };

  return {
    request,
    async call(id, ...input) {
      const response = await request(id, input[0] as RequestInput | undefined);
      const value: unknown = await response.json().catch(() => null);
      if (response.ok) return value as never;
      const problem = (value ?? {}) as { code?: unknown; detail?: unknown; title?: unknown };
      const message = String(problem.detail ?? problem.title ?? `the API answered ${response.status}`);
      throw new TrimtabApiError(response.status, problem.code === undefined ? null : String(problem.code), message, value);
    },
  };
}
