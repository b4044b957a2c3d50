insert or replace into readme (topic, text) values
('table report', 'Every stored report once: who, and when.'),
('table report_body', 'The text of each report, whole, where it is kept.'),
('table verdict', 'The answer to each layer''s question for each report, by each rule base that judged it. Start with the view latest_verdict.'),
('table evidence', 'What counted for and against the answers by the rule base in use; signal_id joins signal.'),
('table report_short', 'The short facts of every report as JSON by path: json_extract(facts, ''$."kernel.release"'').'),
('view report_value', 'The short facts of every report, one a row. The view report_fact has every fact, at the price of reading the reports.'),
('table rulebase', 'The rule bases by which verdicts here were reached. The newest is the one whose tables (platform, signal, ...) are in this file; each is kept whole in image.'),
('table change', 'What hostprint rejudge changed. Read it through the view change_log.'),
('view report_fact', 'Every fact of every report: present with its value, absent, or unreadable (of a whole domain too, as acpi).'),
('view change_log', 'What hostprint rejudge changed: report, layer, answers and probabilities before and after, when, and by which rule bases.'),
('question: how sure is each stored answer, and of what?', 'select report.id, verdict.layer, verdict.id, verdict.probability from verdict join report using (report_id) where rulebase_id = (select max(rulebase_id) from rulebase where taken_at is not null);'),
('question: what did the last rules change?', 'select report, layer, id_before, id_after, changed_at from change_log;');
