//! User names: plain ones, and those that break spreadsheets, CSV readers or logs.

/// Users per round. Each round covers every edge case.
pub(super) const ROUND: usize = 60;

const GIVEN: [&str; 24] = [
    "alba", "bo", "chen", "dana", "emil", "farah", "gita", "hugo", "ines", "jon", "kaya", "lena",
    "mads", "nora", "otto", "pia", "quinn", "ravi", "sara", "tom", "uma", "vera", "wim", "yara",
];
const FAMILY: [&str; 20] = [
    "adler", "bauer", "costa", "diaz", "evans", "fischer", "garcia", "haas", "ito", "jensen",
    "kim", "lopez", "meyer", "novak", "okoye", "patel", "rossi", "silva", "tanaka", "weber",
];

/// The name and display name of a user, by position.
pub(super) fn user_name(position: usize) -> (String, String) {
    let round = position / ROUND;
    let tag = if round == 0 {
        String::new()
    } else {
        round.to_string()
    };
    let name = match position % ROUND {
        1 => format!("o\"brien{tag}@example.com"),
        2 => format!("Silva, Jane{tag}@example.com"),
        3 => format!("line\nbreak{tag}@example.com"),
        4 => format!("王小明{tag}@example.com"),
        5 => format!("=cmd|'/c calc'!A1{tag}"),
        6 => format!("+1 555 0100{tag}"),
        7 => format!("-2+3{tag}"),
        8 => format!("@SUM(1+1){tag}"),
        9 => format!("\ttab.first{tag}@example.com"),
        10 => {
            return (
                format!("Dana.Lee{tag}@example.com"),
                format!("Dana Lee{tag}"),
            );
        }
        11 => {
            return (
                format!("dana.lee{tag}@EXAMPLE.com"),
                format!("Dana Lee{tag}"),
            );
        }
        12 => format!("\rreturn.first{tag}@example.com"),
        32 => format!("שרה.כהן{tag}.łódź.🔑@example.com"),
        34 => format!("svc-deploy{tag}"),
        35 => format!("oracleidentitycloudservice/sven{tag}@example.com"),
        _ => {
            let given = GIVEN[position % GIVEN.len()];
            let family = FAMILY[(position / GIVEN.len() + position) % FAMILY.len()];
            return (
                format!("{given}.{family}.{position:05}@example.com"),
                format!("{given} {family}"),
            );
        }
    };
    let display = name.split('@').next().unwrap_or_default().trim().to_owned();
    (name, display)
}
