//! The phrases that have a better word.

use super::Phrase;

#[rustfmt::skip]
pub const PHRASES: &[Phrase] = &[
    Phrase { name: "question-start", finds: r"^(?:What|Which|Who|Whom|Where|Why|In which|From when|Until when|How (?:many|much|often|large|far))\b[^?]*$", say: "a verb for a function (\"Returns the …\"), a noun for anything else (\"The …\")" },
    Phrase { name: "stands", finds: r"\b(?:stands?|stood) (?:in|on|at|there|here|beside|below|above|with|under|twice|apart|together|after|alone)\b", say: "\"is in\", \"is listed in\", \"appears in\"" },
    Phrase { name: "lies", finds: r"\b(?:lies|lie|lay) (?:in|on|at|there|here|beside|below|above|under)\b|\bbelongs? into\b", say: "\"is in\", \"belongs in\"" },
    Phrase { name: "away", finds: r"\b(?:is|are|was|were) away\b", say: "\"is unavailable\"" },
    Phrase { name: "in-place-of", finds: r"\b[Ii]n (?:(?:its|their) )?place of\b|\bin (?:its|their) place\b", say: "\"instead of\"" },
    Phrase { name: "outside-of", finds: r"\b[Oo]utside of\b", say: "\"outside\"" },
    Phrase { name: "taken-for", finds: r"\b(?:is|are|be|was|were) taken for\b", say: "\"is treated as\"" },
    Phrase { name: "is-meant", finds: r"\b(?:is|are) meant\b|\bto work on\b", say: "the name of the thing and the verb of the operation" },
    Phrase { name: "id-kind", finds: r"\bids? of the kind\b|\bkinds? of ids?\b", say: "\"ID type\"" },
    Phrase { name: "id-lowercase", finds: r#"(?:^|[\n (/*"“‘])ids?(?:[\n ),;:/*"”’]|[.?!](?: |$)|$)"#, say: "\"ID\", \"IDs\"" },
    Phrase { name: "answer", finds: r"\b(?:[Tt]he|[Aa]n|[Ee]very|[Ee]ach|[Ii]ts|[Tt]his|[Nn]o|documented|whole) answers?\b|\banswers? (?:of|to|that)\b", say: "\"response\"; \"responds\" or \"returns\" for the verb" },
    Phrase { name: "dedupe-key", finds: r"\bkeys? against duplicates\b|\bkeys? by which\b", say: "\"idempotency key\"" },
    Phrase { name: "in-pages", finds: r"\bcom(?:es?|ing) (?:in pages|page by page)\b|\bfurther page\b", say: "\"paginated\", \"next page\"" },
    Phrase { name: "take-back", finds: r"\b[Tt]ak(?:es?|en|ing) (?:[a-z]+ ){0,3}back\b", say: "\"recall\"" },
    Phrase { name: "sent-again", finds: r"\b(?:sent|send|sends|sending) (?:[a-z]+ )?(?:again|once more)\b|\btried again\b", say: "\"retry\", \"retried\"" },
    Phrase { name: "rate", finds: r"\b(?:requests|messages|calls|times) an? (?:second|minute|hour|day)\b", say: "\"per second\"" },
    Phrase { name: "media", finds: r"\b[Ss]ounds?\b|\b[Pp]ictures?\b", say: "\"audio\", \"image\", \"avatar\"" },
    Phrase { name: "somebody", finds: r"\b(?:[Ss]ome|[Ee]very|[Nn]o|[Aa]ny)body\b", say: "\"a user\", \"a member\", \"someone\", \"no one\"" },
    Phrase { name: "beside", finds: r"\b[Bb]esides?\b", say: "\"next to\", \"in addition to\"" },
    Phrase { name: "old-phrases", finds: r"\bin clear\b|\bfor ever\b|\band the like\b|\bfurther ado\b|, be it\b|\bat hand\b|\bfor good\b|\bin the name of\b|\bby itself\b|\bmend(?:ed|s|ing)?\b", say: "\"in plain text\", \"forever\", \"such as\", \"fix\", \"on behalf of\", \"on its own\"" },
    Phrase { name: "clipped", finds: r"[,;] else\b|\bdo(?:es)? not do\b|(?:[^e]|[^r]e) (?:is|are) none\b(?:[^ ]| [^o]|$)|\b[Nn]othing of\b", say: "a full clause: \"otherwise …\", \"does not fit\", \"there is no …\"" },
    Phrase { name: "eg", finds: r"\be\.g\.", say: "\"for example\", \"such as\"" },
    Phrase { name: "go-on", finds: r"\bgo(?:es|ing)? on\b", say: "\"continue\", \"next page\"" },
];
