"""Words that report speech and thought, each with the complements that can hold what is said.

Frames, one letter each:

    c  a clause: "said that the talks failed", "the talks failed, he said"
    q  a quotation: '"The talks failed," he said'
    n  an object: "criticised the plan", with what belongs to it
    o  an object only together with what is said of it: "called the plan a mistake", "saw it as a trap"
    x  an infinitive: "refused to sign"
    g  a participle: "considered leaving"
    p  a phrase with one of the verb's prepositions: "called for a truce"
    a  after an addressee: "told reporters that …", "warned Moscow against …"
    w  where the subject must be able to speak: people, states, bodies; without it polls and reports count too

The classes follow the usual grammars of reporting verbs (Quirk et al. 1985, chapter 16; Levin 1993, classes 29, 31,
33 and 37); the words are the ordinary vocabulary of news agencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Frame:
    """How a cue word takes what is said: frame letters and prepositions."""

    letters: frozenset[str]
    prepositions: frozenset[str] = frozenset()

    def has(self, letter: str) -> bool:
        """Whether the word takes complements of that kind."""
        return letter in self.letters


# "letters [: prepositions]" -> verbs, a verb with its particle joined by "_"
_VERBS: tuple[tuple[str, str], ...] = (
    ("cqnxp: of about", "say"),
    ("cqxap: of about", "tell inform assure notify remind warn advise caution convince persuade reassure brief"),
    (
        "cqn",
        """add note write report announce state claim argue explain declare acknowledge assert reveal confirm
        stress emphasize emphasise reiterate recall remark observe allege estimate indicate disclose mention
        predict proclaim concede admit affirm attest avow clarify point_out spell_out conclude contend
        repeat underscore underline highlight show demonstrate forecast foresee hint imply insinuate signal
        specify stipulate verify detail establish theorize hypothesize posit surmise document illustrate
        record""",
    ),
    (
        "cq",
        """joke quip reply respond answer continue testify tweet retweet post text email blog exclaim interject
        intone mutter murmur whisper yell shout scream cry wail sigh chuckle opine muse reason beam counter
        retort rejoin pronounce speculate conjecture marvel gush vent fume thunder snap bark boast brag
        bemoan gripe grumble groan moan chant sing recite read chime_in cry_out go_on shoot_back fire_back
        weigh_in double_down recount narrate relate object protest hedge""",
    ),
    ("cqp: about of", "complain whine rant bitch grouse crow"),
    ("cqn", "lament tweet retweet preach recite interpret insinuate reaffirm dictate"),
    ("cqnxp: on about with to", "insist agree swear"),
    ("c", "assume presume fathom fret notice dream boast pretend"),
    ("cqnxwp: to", "promise pledge vow threaten commit guarantee"),
    (
        "cqnxa",
        """ask urge beg implore plead order instruct command direct request demand encourage exhort beseech
        challenge""",
    ),
    ("cqngxp: that", "suggest propose recommend"),
    ("cwp: of about in", "think believe feel suspect fear worry wonder doubt guess imagine"),
    ("cwp: on about", "know learn realize realise recognize recognise understand hear remember forget figure_out"),
    ("cxnwp: for", "expect hope anticipate wish pray"),
    ("cxw", "decide choose resolve opt elect vow"),
    ("xnwp: for", "want seek desire"),
    ("xw", "refuse decline intend threaten plan aim aspire promise volunteer undertake"),
    ("nwp: as", "describe portray characterize characterise depict"),
    ("owp: as", "paint label brand regard view see perceive define recast"),
    ("qow", "call dub deem term"),
    (
        "nwp: for over as on",
        """criticize criticise blast slam attack mock ridicule denounce condemn decry deride lambaste lambast
        assail chastise rebuke rip scold bash berate excoriate castigate disparage trash skewer savage
        insult scorn praise laud applaud commend hail celebrate tout champion thank congratulate salute
        fault blame dismiss herald extol admonish chide reprimand vilify pan knock admire""",
    ),
    (
        "ngw",
        """endorse support back oppose reject favor favour welcome defend deny dispute rebut refute contradict
        contest question challenge prefer discuss debate cite bemoan downplay protest echo advocate condone
        tolerate regret resent appreciate approve disapprove ignore overrule veto rule_out lay_out outline
        articulate express voice convey vent profess consider contemplate ponder mull weigh reference invoke
        stress unveil repudiate disavow renounce detest despise hate fear dread distrust idolize eschew
        heckle boo greet second deplore discredit compliment hammer target shun spurn""",
    ),
    ("nwp: of with", "accuse convict suspect"),
    ("np: with to against", "compare liken contrast equate"),
    ("p: for", "call_for"),
    ("pqxa: on upon", "call_on call_upon"),
    ("wp: for", "advocate push press argue vote root pray apologize apologise appeal plead clamor clamour lobby"),
    ("wp: against to", "object protest rail argue inveigh fulminate"),
    ("wp: against", "vote rule"),
    ("wp: of about against", "speak talk boast brag rave dream joke laugh"),
    ("cwqp: on to about for with at", "comment react tweet elaborate opine disagree balk scoff respond"),
    ("cp: to at", "refer point allude"),
    ("wp: on upon", "reflect focus dwell expound call seize"),
    ("wp: with on", "disagree concur side sympathize sympathise quibble"),
    ("p: over about on", "spar clash quarrel feud weigh_in open_up speak_up speak_out double_down"),
    ("p: against", "speak_out lash_out come_out"),
    ("p: at", "lash_out hit_back fire_back"),
    ("ox", "deem consider declare rule judge"),
    ("cp: that", "rule"),
    ("ncqw", "deny reject dismiss"),
    ("cnxaw", "offer"),
    ("cnq", "cite quote"),
    ("cq", "hold maintain find discover determine"),
    (
        "cq",
        """aver blurt bluster caution chirp croak decree drawl enthuse expostulate growl grunt holler howl jest
        lecture mumble pontificate prattle purr quaver quibble rasp remonstrate roar shriek sneer snarl
        snicker snort squeal stammer stutter trumpet warble whoop yammer yelp summarize summarise sum_up
        recap paraphrase relay calculate gather infer deduce sense prophesy project forewarn certify
        corroborate hit_back strike_back snap_back clap_back fire_off crack deadpan report_back charge
        hazard offer_up pipe_up rap croon""",
    ),
    (
        "nw",
        """acclaim adore advertise assess badmouth belittle bewail bless censure cherish chronicle commemorate
        critique damn debunk defame demean demonize demonise denigrate deprecate disown disrespect dissect
        encapsulate evaluate exonerate flay frame glorify grill hype imagine impugn interrogate investigate
        jeer justify lampoon lionize loathe malign mourn parody pillory plug politicize publicize quiz rank
        rate rationalize rebuff reconsider rehash relish respect revere review revile roast romanticize
        satirize scapegoat scrutinize sensationalize shame slander smear snub spotlight stereotype
        stigmatize taunt tease toast torch trivialize underestimate vaunt venerate worship diagnose litigate
        recast sue indict credit spoof retract recant summarize recount relive revisit bash bemoan decry
        deplore flout pooh-pooh tout understate overstate exaggerate""",
    ),
    ("nwp: as", "name nominate bill cast rank"),
    (
        "wp: about over",
        """gush chat gossip care inquire enquire muse rhapsodize rant quarrel wrangle haggle argue bicker fume""",
    ),
    ("wp: on", "dwell harp touch expand fixate center zero_in home_in sound_off pounce speculate weigh_in chime_in"),
    ("wp: at", "marvel chafe bristle sneer jeer scoff laugh snipe lash_out rail swipe hint balk"),
    ("wp: for", "vouch stump plump opt vie yearn long hanker hunger stand_up stick_up argue"),
    ("wp: of", "approve disapprove despair dream complain repent boast"),
    ("wp: to", "adhere cling subscribe consent assent attest admit confess object own_up plead react reply"),
    ("wp: with", "quarrel wrestle empathize"),
    ("wp: in", "believe delight rejoice"),
)

# Nouns for what is said; they count with their owner ("Putin's claim that …") or after a verb that makes them
# ("issued a warning that …"). The prepositions lead to what it is about.
_NOUNS = MappingProxyType(
    dict.fromkeys(
        """accusation admission advice allegation backing condemnation announcement argument assertion
        assessment assurance assumption attack belief boast call charge claim comment commitment complaint
        concern conclusion conviction criticism criticisms defense defence demand denial denunciation desire
        disagreement disapproval doubt endorsement estimate expectation explanation fear forecast
        frustration hope idea impression insistence intention invitation judgment judgement justification
        lament message objection observation opinion opposition perception plea pledge praise prediction
        preference promise proposal question rebuke recommendation reaction refusal rejection remark
        reminder reply report request response review ruling skepticism scepticism speculation stance
        statement suggestion support suspicion testimony theory thought threat understanding view vow
        warning worry outrage anger dismay disappointment regret sympathy confidence willingness reluctance
        interest apology thanks readiness eagerness plan decision agreement hatred dislike disdain contempt
        admiration respect faith trust despair analysis interpretation account critique pronouncement""".split(),
        frozenset("that of for about on against to over regarding with toward towards in".split()),
    )
)

# Nouns that say by themselves what the owner thinks of what follows "of", "for" or "to".
ATTITUDES = frozenset(
    """accusation backing condemnation criticism defence defense demand denial denunciation disapproval
    endorsement insistence objection opposition plea pledge praise promise proposal rebuke refusal rejection
    request skepticism scepticism support suspicion threat vow warning""".split()
)

# Nouns that say something only after a verb that carries them: "paid tribute to", "made the case that".
CARRIED = frozenset(
    """aim attention case cold credit doubt fun issue light note point homage ridicule scorn shout-out stock
    tribute word""".split()
)

# Verbs that only carry such a noun: "expressed concern that …".
LIGHT_VERBS = frozenset(
    """express voice raise issue make deliver offer give release have share level lodge state reiterate repeat
    air register send pose throw cast take convey announce post publish put tweet sound launch unleash mount
    file intensify pay poke pour heap lend shed draw win receive hold keep show reflect""".split()
)

# "X is confident that …", "X was opposed to …".
_ADJECTIVES = frozenset(
    """adamant afraid alarmed amazed angry anxious appalled ashamed aware certain clear committed concerned
    confident content convinced critical delighted determined disappointed dismayed doubtful eager excited
    fearful fond glad grateful happy hesitant hopeful keen loath mindful nervous open opposed optimistic
    pessimistic pleased positive prepared proud ready reluctant resigned sad satisfied sceptical skeptical
    sorry suspicious sure surprised sympathetic thankful thrilled troubled unaware uncertain undecided
    uneasy unhappy unsure unwilling upset wary willing worried interested intent split divided persuaded
    incensed enraged frustrated impressed bothered puzzled baffled disgusted saddened heartened encouraged
    embarrassed amused furious outraged shocked stunned supportive dismissive""".split()
)

# Prepositions that name a source by themselves: "according to the ministry".
SOURCE_PREPOSITIONS = frozenset({"according", "per"})


def _verbs() -> MappingProxyType[str, Frame]:
    frames: dict[str, Frame] = {}
    for spec, words in _VERBS:
        letters, _, prepositions = spec.partition(":")
        frame = Frame(frozenset(letters) & frozenset("cqnoxgpaw"), frozenset(prepositions.split()))
        for word in words.split():
            lemma = word.replace("_", " ")
            known = frames.get(lemma)
            if known is None:
                frames[lemma] = frame
                continue
            merged = known.letters | frame.letters
            if not (known.has("w") and frame.has("w")):
                merged -= {"w"}
            frames[lemma] = Frame(merged, known.prepositions | frame.prepositions)
    return MappingProxyType(frames)


VERBS = _verbs()
NOUNS = _NOUNS
ADJECTIVES = _ADJECTIVES
