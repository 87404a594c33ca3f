#include "connectors/http/routes.h"

namespace lianqing::http {
namespace {

constexpr Roles kReaders =
    any_of(Role::viewer, Role::operator_, Role::rule_editor, Role::rule_approver, Role::auditor);
constexpr Roles kIngesters = any_of(Role::ingester);
constexpr Roles kRuleWriters = any_of(Role::rule_editor, Role::rule_approver);
constexpr Roles kRuleApprovers = any_of(Role::rule_approver);
constexpr Roles kWatchers = any_of(Role::sys_admin, Role::auditor, Role::operator_);
constexpr Roles kAuditTrail = any_of(Role::auditor);
constexpr Roles kRuleReaders = kRuleWriters | kAuditTrail;
constexpr Roles kGranters = any_of(Role::sec_admin);
constexpr Roles kAuditors = any_of(Role::auditor, Role::operator_);

constexpr std::string_view kEventBodies[] = {"application/cloudevents+json",
                                             "application/cloudevents-batch+json",
                                             "application/x-ndjson", "application/json"};
constexpr std::string_view kJsonBody[] = {"application/json"};

constexpr Parameter kPage[] = {
    {"limit", "integer", "most entries in the answer, 1 to 1000 (default 100)"},
    {"cursor", "string", "`next` of the page before"}};
constexpr Parameter kUnitFilters[] = {
    {"limit", "integer", "most entries in the answer, 1 to 1000 (default 100)"},
    {"cursor", "string", "`next` of the page before"},
    {"colour", "string", "only units of this colour: green, yellow or red"},
    {"cases", "boolean",
     "true: each unit's overdue obligations as well, counts of cases, freshness of sources"}};
constexpr Parameter kWarningFilters[] = {
    {"limit", "integer", "most entries in the answer, 1 to 1000 (default 100)"},
    {"cursor", "string", "`next` of the page before"},
    {"unit", "string", "only warnings of this unit"},
    {"rule", "string", "only warnings of this rule"},
    {"level", "string", "only warnings that reached this level: green, yellow or red"},
    {"since", "string", "only warnings at or after this RFC 3339 instant"}};
constexpr Parameter kStreamStart[] = {
    {"last_event_id", "integer",
     "go on behind this position, like the header field Last-Event-ID (which wins)"}};
constexpr Parameter kExplained[] = {
    {"unit", "string", "the unit; required"},
    {"rule", "string", "only this rule"},
    {"at", "string", "as it was at this RFC 3339 instant; default: now"}};

constexpr int kIngestStatuses[] = {200, 207, 400, 413, 415, 429, 503, 507};
constexpr int kListStatuses[] = {200, 304, 400, 503};
constexpr int kGetStatuses[] = {200, 404, 503};
constexpr int kReadStatuses[] = {200, 400, 404, 503};
constexpr int kStreamStatuses[] = {200, 400, 503};
constexpr int kCheckStatuses[] = {200, 400, 413, 415, 503};
constexpr int kWhatIfStatuses[] = {200, 400, 409, 413, 415, 503};
constexpr int kActivateStatuses[] = {200, 202, 400, 404, 409, 413, 415, 422, 503, 507};
constexpr int kProposeStatuses[] = {200, 400, 409, 413, 415, 422, 500, 503, 507};
constexpr int kTokenStatuses[] = {200, 400, 404, 409, 413, 415, 500, 503};
constexpr int kPlainStatuses[] = {200, 503};
constexpr int kAlways[] = {200};

constexpr std::string_view kJson = "application/json";

constexpr Route kRoutes[] = {
    {RouteId::post_events,
     "POST",
     "/v1/events",
     "",
     kIngesters,
     "Take events into the log; answers after the durable commit, per record and in order",
     {},
     kEventBodies,
     kJson,
     kIngestStatuses},
    {RouteId::list_units,
     "GET",
     "/v1/units",
     "",
     kReaders,
     "Units with their colours, by id",
     kUnitFilters,
     {},
     kJson,
     kListStatuses,
     false,
     true},
    {RouteId::get_unit,
     "GET",
     "/v1/units/{unit}",
     "id of the unit",
     kReaders,
     "One unit: its colour, open cases and their deadlines, levels and the values behind them",
     {},
     {},
     kJson,
     kGetStatuses,
     true,
     true},
    {RouteId::list_warnings,
     "GET",
     "/v1/warnings",
     "",
     kReaders,
     "Warnings, newest first",
     kWarningFilters,
     {},
     kJson,
     kListStatuses,
     true,
     true},
    {RouteId::get_warning,
     "GET",
     "/v1/warnings/{warning}",
     "id of the warning",
     kReaders,
     "One warning in full",
     {},
     {},
     kJson,
     kGetStatuses,
     true,
     true},
    {RouteId::stream,
     "GET",
     "/v1/stream",
     "",
     kReaders,
     "Server-sent events: levels that stand, a marker, then warnings and changes of colours",
     kStreamStart,
     {},
     "text/event-stream",
     kStreamStatuses,
     true,
     true},
    {RouteId::get_rules,
     "GET",
     "/v1/rules",
     "",
     kReaders,
     "The rule pack that runs, the one on disk, what is being taken up, and the rules",
     {},
     {},
     kJson,
     kPlainStatuses,
     false,
     true},
    {RouteId::check_rules,
     "POST",
     "/v1/rules/check",
     "",
     kRuleWriters,
     "All findings in a rule pack that is sent along",
     {},
     kJsonBody,
     kJson,
     kCheckStatuses},
    {RouteId::propose_rules,
     "POST",
     "/v1/rules/propose",
     "",
     kRuleWriters,
     "Propose a rule pack that is sent along; another person may activate it within 30 days",
     {},
     kJsonBody,
     kJson,
     kProposeStatuses},
    {RouteId::list_proposals,
     "GET",
     "/v1/rules/proposals",
     "",
     kRuleReaders,
     "Rule packs that are proposed and do not rule yet",
     {},
     {},
     kJson,
     kPlainStatuses},
    {RouteId::get_proposal,
     "GET",
     "/v1/rules/proposals/{proposal}",
     "hash of the pack",
     kRuleReaders,
     "A proposed pack with its files, as /v1/whatif and /v1/rules/check take them",
     {},
     {},
     kJson,
     kGetStatuses},
    {RouteId::activate_rules,
     "POST",
     "/v1/rules/activate",
     "",
     kRuleApprovers,
     "Let a rule pack that is sent along, a proposed one, or the one on disk follow the one that "
     "runs; 202: the log is being folded with it",
     {},
     kJsonBody,
     kJson,
     kActivateStatuses},
    {RouteId::list_quarantine,
     "GET",
     "/v1/quarantine",
     "",
     kAuditors,
     "Records that were not admitted, with their reasons",
     kPage,
     {},
     kJson,
     kListStatuses,
     true},
    {RouteId::list_sources,
     "GET",
     "/v1/sources",
     "",
     kAuditors,
     "The sources that the daemon reads by itself: how far each is, and what ails it",
     {},
     {},
     kJson,
     kAlways},
    {RouteId::list_audit,
     "GET",
     "/v1/audit",
     "",
     kAuditTrail,
     "The audit log, newest first: who was let in or turned away, who read what, what was changed",
     kPage,
     {},
     kJson,
     kListStatuses,
     true},
    {RouteId::list_tokens,
     "GET",
     "/v1/tokens",
     "",
     kGranters,
     "Tokens: whose, with which role and limits, whether in force; never the tokens themselves",
     {},
     {},
     kJson,
     kPlainStatuses},
    {RouteId::create_token,
     "POST",
     "/v1/tokens/create",
     "",
     kGranters,
     "Make a token; the answer is the only place where it is told",
     {},
     kJsonBody,
     kJson,
     kTokenStatuses},
    {RouteId::rotate_token,
     "POST",
     "/v1/tokens/rotate",
     "",
     kGranters,
     "The same rights with a new secret; the old one ends now, or at `overlap`",
     {},
     kJsonBody,
     kJson,
     kTokenStatuses},
    {RouteId::revoke_token,
     "POST",
     "/v1/tokens/revoke",
     "",
     kGranters,
     "End a token now",
     {},
     kJsonBody,
     kJson,
     kTokenStatuses},
    {RouteId::explain,
     "GET",
     "/v1/explain",
     "",
     kReaders,
     "Why a unit's levels are what they are, and what would change them",
     kExplained,
     {},
     kJson,
     kReadStatuses,
     true,
     true},
    {RouteId::whatif,
     "POST",
     "/v1/whatif",
     "",
     kRuleWriters | kAuditors,
     "Which levels would change with other params or another pack, now and over the last days",
     {},
     kJsonBody,
     kJson,
     kWhatIfStatuses,
     true},
    {RouteId::metrics,
     "GET",
     "/metrics",
     "",
     kWatchers,
     "Prometheus metrics",
     {},
     {},
     "text/plain; version=0.0.4; charset=utf-8",
     kPlainStatuses},
    {RouteId::health,
     "GET",
     "/healthz",
     "",
     0,
     "Whether the process works at all",
     {},
     {},
     kJson,
     kPlainStatuses},
    {RouteId::ready,
     "GET",
     "/readyz",
     "",
     0,
     "Whether events are taken and colours are current",
     {},
     {},
     kJson,
     kPlainStatuses},
    {RouteId::openapi,
     "GET",
     "/openapi.json",
     "",
     kReaders | kIngesters | kWatchers | any_of(Role::sec_admin),
     "This description",
     {},
     {},
     kJson,
     kAlways,
     false,
     true},
    {RouteId::dashboard,
     "GET",
     "/",
     "",
     0,
     "The dashboard; it asks for a token",
     {},
     {},
     "text/html; charset=utf-8",
     kAlways},
    {RouteId::dashboard_script,
     "GET",
     "/dashboard.js",
     "",
     0,
     "What makes the dashboard live",
     {},
     {},
     "text/javascript; charset=utf-8",
     kAlways},
    {RouteId::dashboard_style,
     "GET",
     "/dashboard.css",
     "",
     0,
     "What the dashboard looks like",
     {},
     {},
     "text/css; charset=utf-8",
     kAlways},
};

// Whether `path` is of the form `pattern`; the segment that {…} stands for goes to `argument`.
bool matches(std::string_view pattern, std::string_view path, std::string& argument) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path;
  if (!path.starts_with(pattern.substr(0, open)) || path.size() == open) return false;
  argument = path.substr(open);
  return true;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Routed find_route(std::string_view method, std::string_view path) {
  Routed out;
  for (const Route& route : kRoutes) {
    std::string argument;
    if (!matches(route.path, path, argument)) continue;
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      out.route = &route;
      out.argument = argument;
      return out;
    }
    out.allow += (out.allow.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") out.allow += ", HEAD";
  }
  return out;
}

}  // namespace lianqing::http
