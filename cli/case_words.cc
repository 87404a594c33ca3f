#include "cli/case_words.h"

#include <array>

namespace lianqing {
namespace {

struct Words {
  const char* zh;
  const char* en;
};

constexpr std::array kStates = {
    Words{"待定", "candidate"},
    Words{"待研判", "waits for triage"},
    Words{"已发出", "issued"},
    Words{"已送达", "delivered"},
    Words{"已签收", "acknowledged"},
    Words{"整改中", "rectifying"},
    Words{"已报整改", "submitted"},
    Words{"验收中", "being verified"},
    Words{"观察期", "observed"},
    Words{"中止", "suspended"},
    Words{"已被合并预警吸收", "taken over by a combination"},
    Words{"已解除", "cleared"},
    Words{"不成立", "dismissed"},
    Words{"已撤销", "revoked"},
    Words{"已并案", "merged"},
};

constexpr std::array kSteps = {
    Words{"建档", "opened"},
    Words{"同类再现", "repeated"},
    Words{"升级", "raised"},
    Words{"缓和", "eased"},
    Words{"降级", "lowered"},
    Words{"发出预警", "issued"},
    Words{"发出通知", "notice issued"},
    Words{"送达", "delivered"},
    Words{"签收", "acknowledged"},
    Words{"回复", "replied"},
    Words{"挂号", "item registered"},
    Words{"交办", "item assigned"},
    Words{"整改进展", "progress"},
    Words{"报送整改", "rectification submitted"},
    Words{"验收", "reviewed"},
    Words{"销号", "item closed"},
    Words{"重新挂号", "item reopened"},
    Words{"回头看", "looked back"},
    Words{"申请延期", "extension asked for"},
    Words{"同意延期", "extended"},
    Words{"不同意延期", "extension refused"},
    Words{"完成", "done"},
    Words{"逾期", "overdue"},
    Words{"催督", "chased"},
    Words{"进入观察期", "observation began"},
    Words{"观察期满，暂不能解除", "observation is over, but it cannot be cleared yet"},
    Words{"规则已缓和，暂不降级", "the rule eased, without effect for now"},
    Words{"反弹", "relapsed"},
    Words{"解除", "cleared"},
    Words{"研判为不成立", "dismissed"},
    Words{"撤销", "revoked"},
    Words{"并入另一案", "merged into another case"},
    Words{"并入一案", "took in another case"},
    Words{"被合并预警吸收", "taken over by a combination"},
    Words{"恢复", "restored"},
    Words{"中止", "suspended"},
    Words{"恢复办理", "resumed"},
    Words{"提出异议", "objection filed"},
    Words{"异议不成立", "objection rejected"},
    Words{"开始频繁变动", "flapping began"},
    Words{"不再频繁变动", "flapping ended"},
    Words{"人工定级", "colour pinned by hand"},
    Words{"取消人工定级", "pinned colour lifted"},
    Words{"人工定级到期", "pinned colour ended"},
    Words{"一票否决", "veto declared"},
    Words{"解除一票否决", "veto lifted"},
    Words{"时限已定", "deadlines set"},
    Words{"记录未生效", "record without effect"},
};

constexpr std::array kCauses = {
    Words{"", ""},
    Words{"规则升级", "the rule rose"},
    Words{"规则条件缓和", "the rule's conditions eased"},
    Words{"依据已撤回或澄清", "evidence was withdrawn or clarified"},
    Words{"超过时限", "the deadline passed"},
    Words{"逐级催督", "next step of the ladder"},
    Words{"观察期满", "observation is over"},
    Words{"规则仍未转绿", "the rule still stands"},
    Words{"尚有事项未销号", "items are still open"},
    Words{"数据不足", "data are missing"},
    Words{"案件中止中", "the case is suspended"},
    Words{"中止期满", "the longest suspension is over"},
    Words{"合并预警转红", "a combination is red"},
    Words{"合并预警已不为红", "the combination is not red any more"},
    Words{"级别变动过于频繁", "the level changed too often"},
    Words{"级别已趋稳定", "the level is calm again"},
    Words{"到期", "it expired"},
    Words{"日历已更新", "the calendar was updated"},
};

constexpr std::array kRefusals = {
    Words{"", ""},
    Words{"没有写明单位：请在记录中加上 unit", "it names no unit: add the attribute unit"},
    Words{"该单位没有这条预警：请核对 warning_id 和 unit",
          "the unit has no such warning: check warning_id and unit"},
    Words{"没有这种处置：请用 confirm、dismiss、merge、escalate、downgrade、clear、revoke、"
          "suspend、resume 或 done",
          "there is no such action: use confirm, dismiss, merge, escalate, downgrade, clear, "
          "revoke, suspend, resume or done"},
    Words{"该案已结束", "the case is over"},
    Words{"当前状态下不能这样处置", "this cannot be done in the present state"},
    Words{"缺少经手人角色：请填 actor_role 或 decided_by",
          "the role of who decided is missing: give actor_role or decided_by"},
    Words{"缺少理由：请填 reason", "the reason is missing: give reason"},
    Words{
        "没有可以并入的案件：into 须为本单位另一未结案件的预警",
        "there is no case to merge into: into must be a warning of another open case of the unit"},
    Words{"级别已到头：红色不能再升，黄色请用 clear 或 revoke",
          "the level is at its end: red cannot be raised; for yellow use clear or revoke"},
    Words{"没有这个级别：请用 green、yellow、red、规则包的色档名或 none",
          "there is no such level: use green, yellow, red, a shade of the pack, or none"},
    Words{"缺少到期日：请填 expires_at", "the expiry is missing: give expires_at"},
    Words{"到期日已过", "the expiry lies in the past"},
    Words{"到期日过远：最长30天", "the expiry is too far away: at most 30 days"},
    Words{"须由两名不同人员批准：approved_by", "two different people must approve: approved_by"},
    Words{"缺少批准人：请填 approved_by", "the approver is missing: give approved_by"},
    Words{"缺少否决事由：请填 ground", "the ground of the veto is missing: give ground"},
    Words{"没有以此为由的否决", "there is no veto on this ground"},
    Words{"没有人工定级", "no colour is pinned"},
    Words{"该级别没有可以延期的时限", "no deadline of this level can be extended"},
    Words{"只能延期一次", "there is one extension only"},
    Words{"延期须在到期前申请", "an extension must be asked for before the deadline"},
    Words{"延期过长", "the extension is too long"},
    Words{"日期不对：请用 2026-03-05 或 2026-03-05T10:00:00+08:00",
          "not a usable date: write 2026-03-05 or 2026-03-05T10:00:00+08:00"},
    Words{"结果不对：请核对 result、approved 或 upheld",
          "not a usable result: check result, approved or upheld"},
    Words{"没有这项未完成的义务：请核对 duty", "there is no such open obligation: check duty"},
    Words{"日历缺少所需年份，无法核定延期上限：补上该年后再作决定",
          "the calendar lacks the year that the longest extension needs: add it and decide again"},
};

constexpr std::array kOrigins = {
    Words{"", ""},
    Words{"本单位预警", "the unit's warnings"},
    Words{"下级单位汇总", "the units below"},
    Words{"一票否决", "a veto"},
    Words{"人工定级", "pinned by hand"},
};

static_assert(kStates.size() == static_cast<std::size_t>(CaseState::merged) + 1);
static_assert(kSteps.size() == static_cast<std::size_t>(StepKind::ignored) + 1);
static_assert(kCauses.size() == static_cast<std::size_t>(StepCause::calendar_updated) + 1);
static_assert(kRefusals.size() == static_cast<std::size_t>(Refusal::no_calendar) + 1);
static_assert(kOrigins.size() == static_cast<std::size_t>(ColourOrigin::override_) + 1);

template <class Table, class Enum>
Bilingual of(const Table& table, Enum value) {
  const Words& words = table[static_cast<std::size_t>(value)];
  return {words.zh, words.en};
}

}  // namespace

Bilingual state_words(CaseState state) { return of(kStates, state); }
Bilingual step_words(StepKind kind) { return of(kSteps, kind); }
Bilingual step_cause_words(StepCause cause) { return of(kCauses, cause); }
Bilingual refusal_words(Refusal refusal) { return of(kRefusals, refusal); }
Bilingual origin_words(ColourOrigin origin) { return of(kOrigins, origin); }

}  // namespace lianqing
